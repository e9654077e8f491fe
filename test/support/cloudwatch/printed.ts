import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEmf, type Sample } from './emf.ts';

/** The metrics in the logs of a folder, as they come. */
export class PrintedMetrics {
  readonly #folder: string;
  /** Bytes read of each file. */
  readonly #read = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What was printed since the last time. */
  take(): Sample[] {
    return globSync('*.log', { cwd: this.#folder }).flatMap((file) => {
      const text = readFileSync(join(this.#folder, file));
      const from = this.#read.get(file) ?? 0;
      const until = text.lastIndexOf('\n') + 1;
      this.#read.set(file, until);
      return text.subarray(from, until).toString('utf8').split('\n').flatMap(readEmf);
    });
  }
}
