import { RDSDataClient } from '@aws-sdk/client-rds-data';
import pg from 'pg';
import { Database } from '../../functions/platform/database.ts';
import { compileMigrations } from '../../infra/compile-migrations.ts';
import { type DataApi, startDataApi } from '../../infra/local/data-api/server.ts';
import { createTestDatabase } from './postgres.ts';

const CLUSTER_ARN = 'arn:aws:rds:us-east-1:000000000000:cluster:test';
const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:test';

/** A database with every migration applied, reached as the functions reach it (`database`) and directly as its owner (`owner`). */
export interface MigratedDatabase {
  database: Database;
  dataApi: DataApi;
  owner: pg.Client;
  /** A second way in, with a deadline of its own (epoch ms). */
  databaseUntil(deadline: () => number): Database;
  /** How many calls the Data API has had from `database`. */
  calls(): number;
  close(): Promise<void>;
}

/** Makes one. The migrations run as plain SQL here; how the runner applies them is tested by its own tests. */
export async function migratedDatabase(): Promise<MigratedDatabase> {
  const test = await createTestDatabase();
  const owner = new pg.Client(test.url);
  await owner.connect();
  for (const { steps } of await compileMigrations()) {
    for (const step of steps) {
      const statements = step.kind === 'transaction' ? step.statements : [step.statement];
      for (const { sql } of statements) await owner.query(sql.replace(':after', 'null').replace(':batch', '1000'));
    }
  }
  // strict: a row past the documented 64 KB is an error here, though the real service seems to let it pass.
  const dataApi = await startDataApi({
    strict: true,
    postgres: { host: test.host, port: test.port },
    clusters: [{ clusterArn: CLUSTER_ARN }],
    secrets: new Map([[SECRET_ARN, { username: test.user, password: test.password }]]),
  });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new RDSDataClient({ endpoint: dataApi.url, region: 'us-east-1', credentials });
  let calls = 0;
  client.middlewareStack.add(
    (next) => (args) => {
      calls += 1;
      return next(args);
    },
    { step: 'initialize' },
  );
  const target = { clusterArn: CLUSTER_ARN, secretArn: SECRET_ARN, database: test.database, client };
  return {
    database: new Database(target),
    databaseUntil: (deadline) => new Database({ ...target, deadline }),
    dataApi,
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
