import { RDSDataClient } from '@aws-sdk/client-rds-data';
import pg from 'pg';
import { LEDGER } from '../../functions/migrations/ledger.ts';
import { inOrder } from '../../functions/migrations/migration.ts';
import { Database } from '../../functions/platform/database.ts';
import { compileMigrations } from '../../infra/build/compile-migrations.ts';
import { type DataApi, startDataApi } from '../../infra/local/data-api/server.ts';
import { connected } from './connected.ts';
import { makeLogin } from './login.ts';
import type { TestDatabase } from './owned-database.ts';

const CLUSTER_ARN = 'arn:aws:rds:us-east-1:000000000000:cluster:test';
const secretArn = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`;

/** Which functions' login: those that answer users, or those that work for the pipeline. */
type LoginName = 'api' | 'worker';

/**
 * A database with every migration applied, reached as the functions reach it (`api` to list, read and change, `worker` to record and generate) and
 * directly as its owner.
 */
export interface MigratedDatabase {
  api: Database;
  worker: Database;
  dataApi: DataApi;
  test: TestDatabase;
  owner: pg.Client;
  /** Another way in, with a deadline of its own (epoch ms). */
  until(login: LoginName, deadline: () => number): Database;
  /** Straight to PostgreSQL as a login of the functions. */
  connect(login: LoginName): Promise<pg.Client>;
  /** Where the functions find it. */
  arns: { cluster: string; api: string; worker: string };
  /** How many calls the Data API has had from `api` and `worker`. */
  calls(): number;
  close(): Promise<void>;
}

/**
 * Makes one of an empty database. The migrations run as plain SQL here, and the ledger is told; how the runner applies them is tested by its own tests.
 */
export async function migrateDatabase(test: TestDatabase): Promise<MigratedDatabase> {
  await applyAll(test);
  return openMigrated(test);
}

/** Opens one that is there. */
export async function openMigrated(test: TestDatabase): Promise<MigratedDatabase> {
  const owner = new pg.Client(test.url);
  await owner.connect();
  const secrets = new Map([[secretArn('owner'), { username: test.user, password: test.password }]]);
  // strict: a row past the documented 64 KB is an error here, though the real service seems to let it pass.
  const dataApi = await startDataApi({
    strict: true,
    // Nobody here knows how the service types a null: our statements count on nothing.
    nulls: 'text',
    postgres: { host: test.host, port: test.port },
    clusters: [{ clusterArn: CLUSTER_ARN }],
    secrets,
  });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new RDSDataClient({ endpoint: dataApi.url, region: 'us-east-1', credentials });
  const as = (name: LoginName) => ({
    clusterArn: CLUSTER_ARN,
    secretArn: secretArn(name),
    database: test.database,
    client,
  });
  const logins = { api: await makeLogin(owner, test, 'api'), worker: await makeLogin(owner, test, 'worker') };
  for (const [name, login] of Object.entries(logins)) secrets.set(secretArn(name), login);
  let calls = 0;
  client.middlewareStack.add(
    (next) => (args) => {
      calls += 1;
      return next(args);
    },
    { step: 'initialize' },
  );
  return {
    api: new Database(as('api')),
    worker: new Database(as('worker')),
    until: (name, deadline) => new Database({ ...as(name), deadline }),
    connect: async (name) => {
      const { username: user, password } = logins[name];
      const direct = new pg.Client({ host: test.host, port: test.port, database: test.database, user, password });
      await direct.connect();
      return direct;
    },
    dataApi,
    arns: { cluster: CLUSTER_ARN, api: secretArn('api'), worker: secretArn('worker') },
    test,
    owner,
    calls: () => calls,
    async close() {
      client.destroy();
      await dataApi.close();
      await owner.end();
      await test.drop();
    },
  };
}

/** Applies every migration to an empty database, as its owner. */
export async function applyAll({ url }: Pick<TestDatabase, 'url'>): Promise<void> {
  await connected(url, async (owner) => {
    for (const statement of LEDGER) await owner.query(statement);
    for (const { name, checksum, steps } of inOrder(await compileMigrations(), 'backfill', [])) {
      for (const step of steps) {
        const statements = step.kind === 'transaction' ? step.statements : [step.statement];
        for (const { sql } of statements) await owner.query(sql);
      }
      await owner.query(
        `insert into version_history.migrations (name, checksum, next_step, applied_at) values ($1, $2, $3, clock_timestamp())`,
        [name, checksum, steps.length],
      );
    }
  });
}
