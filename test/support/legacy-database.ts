import { readFile } from 'node:fs/promises';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import pg from 'pg';
import type { Migration, Phase } from '../../functions/migrations/migration.ts';
import { applyMigrations, type Outcome, type RunOptions } from '../../functions/migrations/runner.ts';
import { Database } from '../../functions/platform/database.ts';
import { compileMigrations } from '../../infra/build/compile-migrations.ts';
import { type DataApi, startDataApi } from '../../infra/local/data-api/server.ts';
import { makeLogin } from './login.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

const CLUSTER_ARN = 'arn:aws:rds:us-east-1:000000000000:cluster:test';
const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:test';
const SILENT = { info: () => {}, warn: () => {} };

/** A database as the old system left it, before any migration, and the runner on it through the Data API. */
export interface LegacyDatabase {
  test: TestDatabase;
  /** Straight to PostgreSQL, as the role that migrates. */
  owner: pg.Client;
  /** Straight to PostgreSQL, as its superuser. */
  admin: pg.Client;
  dataApi: DataApi;
  /** What the Data API takes for secrets, by ARN: the owner's. */
  secrets: Map<string, { username: string; password: string }>;
  database: Database;
  /** The way in of the functions: of those that answer users, or of those that work for the pipeline. Once there are roles for them. */
  as(login: 'api' | 'worker'): Promise<Database>;
  target: { clusterArn: string; secretArn: string; database: string };
  /** Runs a slice of the migrations; by default all of them, with 30 s. */
  migrate(options?: Partial<RunOptions>): Promise<Outcome>;
  /** One version's row. */
  version(id: string): Promise<Record<string, unknown> | undefined>;
  /** What the takeover found: kind, and the version or project it is about. */
  findings(): Promise<{ kind: string; id: string }[]>;
  /** Rows of a query, as pg gives them. */
  rows<Row extends object = Record<string, unknown>>(text: string): Promise<Row[]>;
  /** Ends all connections; the database stays. */
  disconnect(): Promise<void>;
  close(): Promise<void>;
}

let compiled: Promise<Migration[]> | undefined;
/** The product's own migrations, compiled once. */
export const ownMigrations = (): Promise<Migration[]> => {
  compiled ??= compileMigrations();
  return compiled;
};

/** The two tables of the old system, empty: the baseline is exactly that. */
export const legacyTables = (): Promise<string> => readFile('test/support/old-tables.sql', 'utf8');

/** Makes a database and runs `statements` in it, as the old system or an administrator would have. */
export async function legacyDatabase(...statements: string[]): Promise<LegacyDatabase> {
  const opened = await openLegacyDatabase(await createTestDatabase());
  for (const statement of statements) await opened.owner.query(statement);
  return opened;
}

/**
 * Databases of one shape, taken so far by the migrations, each a copy of one that was: a tenth of a second instead of one. `drop` when all copies are closed.
 */
export async function migratedOnce(statements: string[], through: Phase, migrations?: Migration[]) {
  const original = await legacyDatabase(...statements);
  await original.migrate({ through, until: Date.now() + 60_000, ...(migrations && { migrations }) });
  await original.disconnect();
  return {
    copy: async (): Promise<LegacyDatabase> => openLegacyDatabase(await original.test.copy()),
    drop: (): Promise<void> => original.test.drop(),
  };
}

/** The runner on a database that is there. */
export async function openLegacyDatabase(test: TestDatabase): Promise<LegacyDatabase> {
  const [owner, admin] = [new pg.Client(test.url), new pg.Client(test.adminUrl)];
  await Promise.all([owner.connect(), admin.connect()]);
  const secrets = new Map([[SECRET_ARN, { username: test.user, password: test.password }]]);
  const dataApi = await startDataApi({
    postgres: { host: test.host, port: test.port },
    clusters: [{ clusterArn: CLUSTER_ARN }],
    secrets,
    nulls: 'text',
    // A killed runner leaves a transaction that ends when it has been idle: 3 minutes there, 150 ms here.
    limits: { transactionIdleMs: 150 },
    warn: () => {},
  });
  const client = new RDSDataClient({
    endpoint: dataApi.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const target = { clusterArn: CLUSTER_ARN, secretArn: SECRET_ARN, database: test.database };
  const database = new Database({ ...target, client });
  const rows = async <Row extends object>(text: string) => (await owner.query<Row>(text)).rows;
  const disconnect = async () => {
    client.destroy();
    await dataApi.close();
    await Promise.all([owner.end(), admin.end()]);
  };
  return {
    test,
    owner,
    admin,
    dataApi,
    secrets,
    database,
    async as(login) {
      const secretArn = `${SECRET_ARN}-${login}`;
      if (!secrets.has(secretArn)) secrets.set(secretArn, await makeLogin(owner, test, login));
      return new Database({ ...target, secretArn, client });
    },
    target,
    migrate: async (options = {}) =>
      applyMigrations({
        database,
        migrations: options.migrations ?? (await ownMigrations()),
        through: 'backfill',
        holder: 'deployment test',
        until: Date.now() + 30_000,
        log: SILENT,
        ...options,
      }),
    version: async (id) =>
      (await rows<Record<string, unknown>>(`select * from project_versions where version_id = '${id}'`))[0],
    findings: () =>
      rows(`select kind, coalesce(version_id, project_id) as id from version_history.takeover_report order by 1, 2`),
    rows,
    disconnect,
    async close() {
      await disconnect();
      await test.drop();
    },
  };
}
