import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { alive } from './postgres-cluster.ts';

/** Names the process that started the server on a data folder, and its port. */
export const HOLDER_FILE = 'holder.json';

// A server whose starter was killed is shutting down: at most 10 s to the watchdog's second signal.
const SHUTDOWN_MS = 12_000;

export class PostgresAlreadyRunning extends Error {
  override name = 'PostgresAlreadyRunning';

  /** Describes who holds the folder, as far as its files tell. */
  static async on(dataDir: string, cluster: string): Promise<PostgresAlreadyRunning> {
    const [server, holder] = [await serverOf(cluster), await holderOf(dataDir)];
    const by = holder === undefined ? '' : `, started by process ${holder.pid}, port ${holder.port}`;
    return new PostgresAlreadyRunning(
      `${dataDir} is in use by another PostgreSQL (process ${server ?? 'unknown'}${by}). ` +
        'Stop that one first (Ctrl-C where it runs), or choose another data folder.',
    );
  }
}

/**
 * Resolves when no server uses the cluster. One whose starter is gone is given the time to finish its shutdown; a `postmaster.pid` that
 * names some unrelated process (numbers start over when a container does) is removed, where PostgreSQL itself would refuse to start.
 *
 * @throws PostgresAlreadyRunning when a server is there to stay.
 */
export async function awaitFree(dataDir: string, cluster: string): Promise<void> {
  for (const deadline = Date.now() + SHUTDOWN_MS; ; await sleep(20)) {
    const server = await serverOf(cluster);
    // A pid file of a dead server is PostgreSQL's to judge: it also checks that no orphan still has the shared memory.
    if (server === undefined || !alive(server)) return;
    if (!(await isPostgres(server))) return await rm(join(cluster, 'postmaster.pid'), { force: true });
    const holder = await holderOf(dataDir);
    if ((holder !== undefined && alive(holder.pid)) || Date.now() > deadline) {
      throw await PostgresAlreadyRunning.on(dataDir, cluster);
    }
  }
}

async function serverOf(cluster: string): Promise<number | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return Number.isSafeInteger(pid) ? pid : undefined;
}

async function holderOf(dataDir: string): Promise<{ pid: number; port: number } | undefined> {
  // Absent before the first start, and half-written if its writer was killed in the act.
  try {
    return JSON.parse(await readFile(join(dataDir, HOLDER_FILE), 'utf8'));
  } catch {
    return undefined;
  }
}

async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const name = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'comm=']).then(
    ({ stdout }) => stdout,
    // No ps in this container: Linux says it too.
    () => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''),
  );
  return name.includes('postgres');
}
