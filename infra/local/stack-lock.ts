import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

class AlreadyRunning extends Error {
  override name = 'AlreadyRunning';
}

/**
 * Makes sure that one stack uses a data folder. The lock is the operating system's, held through an SQLite file: it is gone with this process
 * however that ends, and a process number that starts over cannot be mistaken for it.
 *
 * @returns a release.
 * @throws AlreadyRunning naming the process that holds the folder.
 */
export function lockDataDir(dataDir: string): () => void {
  const holder = join(dataDir, 'stack.pid');
  const lockFile = join(dataDir, 'stack.lock');
  // Passwords and messages lie in it. A folder that holds something else too keeps the mode it has.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (existsSync(lockFile)) chmodSync(dataDir, 0o700);
  const lock = new DatabaseSync(lockFile);
  try {
    lock.exec('begin exclusive');
  } catch (cause) {
    lock.close();
    throw new AlreadyRunning(
      `The local stack is already running on ${dataDir}, as process ${readHolder(holder)}. ` +
        'Stop that one first (Ctrl-C where it runs), or start on other data: npm start -- --data <folder> --port <N>',
      { cause },
    );
  }
  writeFileSync(holder, `${process.pid}\n`);
  return () => lock.close();
}

function readHolder(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
