import type { ChildProcess } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { postgresBinaries } from './postgres-binaries.ts';
import { addressedAs, clusterUser, createCluster, PASSWORD_FILE } from './postgres-cluster.ts';
import { awaitFree, HOLDER_FILE, PostgresAlreadyRunning } from './postgres-holder.ts';
import { spawnWatched } from './postgres-watchdog.ts';

/** A running PostgreSQL 17 that only this machine can reach. */
export interface LocalPostgres {
  host: '127.0.0.1';
  port: number;
  superuser: 'postgres';
  password: string;
  /** A connection string; without arguments the superuser's, on database `postgres`. */
  url(user?: string, password?: string, database?: string): string;
  /** Resolves when the server has ended, by itself or because it was stopped. */
  ended: Promise<void>;
  /** Fast shutdown: running statements are cancelled, nothing committed is lost. Safe to call twice. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** The folder that holds the database; made on first use. */
  dataDir: string;
  /** Default: any free one. */
  port?: number;
  /** false: do not wait for the disk. For tests, whose data may die with the machine. Default true. */
  durable?: boolean;
  /** A server that ends by itself, killed or out of memory, is started again, and this is called. Default: it is not started again. */
  onRestart?: (message: string) => void;
}

class PostgresDidNotStart extends Error {
  override name = 'PostgresDidNotStart';
}

/**
 * Starts PostgreSQL 17 on `dataDir`, creating the database there on first use (about 1 s, later starts 0.1 s), and resolves when it
 * accepts connections. It ends with this process, also when this process is killed with -9.
 *
 * @throws PostgresAlreadyRunning when another server is using `dataDir`: the message names the processes.
 * @throws PostgresDidNotStart with the server's own words otherwise (port taken, folder not ours, disk full).
 */
export async function startPostgres(options: PostgresOptions): Promise<LocalPostgres> {
  const first = await startOnce(options);
  return options.onRestart === undefined ? first : keepRunning(first, options, options.onRestart);
}

const LONGEST_PAUSE_MS = 5_000;

function keepRunning(first: LocalPostgres, options: PostgresOptions, tell: (message: string) => void): LocalPostgres {
  let current = first;
  let stopped = false;
  const again = async (): Promise<void> => {
    for (let pause = 100; !stopped; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        current = await startOn(first.port, options);
        return;
      } catch (error) {
        // Connections of the server before may not have ended yet.
        tell((error as Error).message);
        await sleep(pause);
      }
    }
  };
  const watch = async (): Promise<void> => {
    for (;;) {
      await current.ended;
      if (stopped) return;
      tell(`PostgreSQL on port ${first.port} has ended by itself. Starting it again ...`);
      await again();
      if (stopped) return await current.stop();
      tell(`PostgreSQL on port ${first.port} is running again.`);
    }
  };
  const watching = watch();
  return {
    ...first,
    ended: watching,
    stop: async () => {
      stopped = true;
      await current.stop();
      await watching;
    },
  };
}

async function startOnce(options: PostgresOptions): Promise<LocalPostgres> {
  if (options.port !== undefined) return await startOn(options.port, options);
  for (let left = 3; ; left--) {
    try {
      return await startOn(await freePort(), options);
    } catch (error) {
      // A free port may be taken by someone else between our look and the server's.
      if (!(error instanceof PostgresDidNotStart && /could not bind/.test(error.message)) || left === 1) throw error;
    }
  }
}

async function startOn(port: number, options: PostgresOptions): Promise<LocalPostgres> {
  const dataDir = resolve(options.dataDir);
  const cluster = join(dataDir, 'cluster');
  const durable = options.durable ?? true;
  const user = await clusterUser(cluster);
  await awaitFree(dataDir, cluster);
  const binaries = await postgresBinaries(user);
  try {
    await createCluster({ dataDir, cluster, user, initdb: binaries.initdb, durable });
  } catch (error) {
    if (binaries.copy !== undefined) await rm(binaries.copy, { recursive: true, force: true });
    throw error;
  }
  const child = spawnWatched({
    program: binaries.postgres,
    args: ['-D', addressedAs(cluster, user), ...settings(port, durable)],
    cwd: cluster,
    user,
    removeAtEnd: binaries.copy,
  });
  const end = ended(child);
  const failure = await ready(child);
  if (failure === undefined) return await running(dataDir, cluster, port, child, end);
  if (/lock file "postmaster.pid" already exists/.test(failure))
    throw await PostgresAlreadyRunning.on(dataDir, cluster);
  throw new PostgresDidNotStart(
    `PostgreSQL did not start on ${dataDir}, port ${port}: expected "ready to accept connections", got:\n${failure}\n` +
      (/could not bind/.test(failure) ? 'Choose another port, or leave it out to get a free one.' : ''),
  );
}

async function running(
  dataDir: string,
  cluster: string,
  port: number,
  child: ChildProcess,
  end: Promise<void>,
): Promise<LocalPostgres> {
  const password = (await readFile(join(cluster, PASSWORD_FILE), 'utf8')).trim();
  await writeFile(join(dataDir, HOLDER_FILE), JSON.stringify({ pid: process.pid, port }));
  return {
    host: '127.0.0.1',
    port,
    superuser: 'postgres',
    password,
    url: (as = 'postgres', secret = password, database = 'postgres') =>
      `postgres://${encodeURIComponent(as)}:${encodeURIComponent(secret)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    ended: end,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.stdin?.end();
      await end;
      await rm(join(dataDir, HOLDER_FILE), { force: true });
    },
  };
}

function settings(port: number, durable: boolean): string[] {
  const values: Record<string, string | number> = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Statements and their parameters never reach a log.
    log_min_error_statement: 'panic',
    log_parameter_max_length: 0,
    max_connections: 200,
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** @returns undefined when the server is ready, else what it said. */
function ready(child: ChildProcess): Promise<string | undefined> {
  return new Promise((settle) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      // Read to the end of its life, or the server would block on a full pipe; kept only until it is ready.
      if (said.length < 100_000) said += text;
      if (said.includes('database system is ready to accept connections')) settle(undefined);
    });
    child.once('error', (error) => settle(error.message));
    child.once('close', (code) => settle(said.trim() || `exit status ${code}`));
  });
}

function ended(child: ChildProcess): Promise<void> {
  // Writing to a pipe whose reader is gone is an error event nobody else listens for.
  child.stdin?.on('error', () => {});
  return new Promise((settle) => child.once('close', () => settle()).once('error', () => settle()));
}

function freePort(): Promise<number> {
  return new Promise((settle, fail) => {
    const probe = createServer().once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => settle(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
