import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const KEPT_LINES = 2_000;
// One file this large is put aside at the next start; the one before it goes.
const ROTATE_BYTES = 10_000_000;

/** What one function wrote: all of it in a file, the newest lines in memory. */
export interface FunctionLog {
  file: string;
  write(line: string): void;
  /** The newest lines, oldest first, at most 2,000. */
  lines(): readonly string[];
  close(): void;
}

export function openFunctionLog(folder: string, functionName: string): FunctionLog {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${functionName}.log`);
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > ROTATE_BYTES) renameSync(file, `${file}.1`);
  const kept: string[] = [];
  let descriptor: number | undefined;
  return {
    file,
    write: (line) => {
      kept.push(line);
      if (kept.length > KEPT_LINES) kept.splice(0, kept.length - KEPT_LINES);
      // Written at once: after kill -9 the log says what happened until then.
      descriptor ??= openSync(file, 'a', 0o600);
      writeSync(descriptor, `${line}\n`);
    },
    lines: () => kept,
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}
