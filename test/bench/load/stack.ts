/** The process of the stack that is loaded: whoever loads it is another one, so that neither waits for the other. Ends with its parent. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../../infra/local/postgres.ts';
import { type LocalStack, startLocalStack } from '../../../infra/local/stack.ts';
import { synthesizeApp } from '../../../infra/local/synthesize-app.ts';
import { connected } from '../../support/connected.ts';
import { seedHistory, users } from './history.ts';
import { ServerMeter, type ServerTimes } from './server-times.ts';

/** What is told to the loading process: where the stack is, or what has been taken since it asked last. */
export type Told = { api: string; tokens: Record<string, string> } | Taken | { failed: string };

/** What servers and PostgreSQL have spent, and functions have logged. */
export interface Taken extends ServerTimes {
  postgresMs: number;
  logBytes: number;
}

const [dataDir = ''] = process.argv.slice(2);
const tell = (told: Told): boolean => process.send?.(told) ?? false;

/** Nothing calls a function but the clients. */
const NO_SCHEDULE = { sweepMinutes: 0 };

// Ctrl-C in a terminal reaches this process too: its parent ends it, and what it has started ends with it.
process.on('SIGINT', () => {});
let stop = async (): Promise<void> => {};
process.once('disconnect', () => void stop().finally(() => process.exit()));

async function serve(stack: LocalStack): Promise<void> {
  const { postgres, endpoints } = stack;
  const database = new pg.Client(postgres.url(postgres.superuser, postgres.password, endpoints.database));
  await database.connect();
  await database.query('create extension pg_stat_statements');
  await seedHistory(database);
  const meter = new ServerMeter({ gateway: endpoints.api, dataApi: endpoints.dataApi });
  let before = { statementMs: await statementMs(database), logBytes: logBytes() };
  process.on('message', async () => {
    const times = await meter.take();
    const now = { statementMs: await statementMs(database), logBytes: logBytes() };
    tell({
      ...times,
      postgresMs: now.statementMs - before.statementMs,
      logBytes: now.logBytes - before.logBytes,
    });
    before = now;
  });
  stop = async () => {
    await database.end();
    await stack.stop();
  };
  const tokens = await Promise.all(users.map(async (subject) => [subject, await stack.mintToken({ subject })]));
  tell({ api: endpoints.api, tokens: Object.fromEntries(tokens) });
}

function logBytes(): number {
  const folder = join(dataDir, 'data', 'logs');
  return readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

/** Has the server count what statements take, exactly and at once; the library for it is loaded when a server starts. */
async function countStatements(dataDir: string): Promise<void> {
  const postgres = await startPostgres({ dataDir });
  try {
    await connected(postgres.url(), async (client) => {
      await client.query(`alter system set shared_preload_libraries = 'pg_stat_statements'`);
      await client.query('alter system set pg_stat_statements.track_planning = on');
    });
  } finally {
    await postgres.stop();
  }
}

/** Milliseconds that PostgreSQL has spent on planning and executing statements, of all connections. */
async function statementMs(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ ms: number }>(
    `select sum(total_plan_time + total_exec_time) as ms
       from pg_stat_statements
      where dbid = (select oid from pg_database where datname = current_database())`,
  );
  return rows[0]?.ms ?? Number.NaN;
}

try {
  await countStatements(join(dataDir, 'data', 'postgres'));
  await serve(
    await startLocalStack({
      assembly: () => synthesizeApp(join(dataDir, 'cdk.out'), NO_SCHEDULE),
      dataDir: join(dataDir, 'data'),
    }),
  );
} catch (error) {
  tell({ failed: (error as Error).message });
  process.exit(1);
}
