import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A small JSON document of the data folder that must survive kill -9 whole, and that only its owner may read. */
export class StateFile<T extends object> {
  readonly #file: string;
  readonly #empty: T;

  constructor(file: string, empty: T) {
    this.#file = file;
    this.#empty = empty;
  }

  /** @throws StateUnreadable when the file is there and is not what this class wrote. */
  read(): T {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return structuredClone(this.#empty);
      throw error;
    }
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new StateUnreadable(
        `${this.#file} is not the JSON the local stack wrote there. Empty its data with: npm run reset`,
        { cause },
      );
    }
  }

  write(state: T): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    const temporary = `${this.#file}.${process.pid}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, this.#file);
  }
}

class StateUnreadable extends Error {
  override name = 'StateUnreadable';
}
