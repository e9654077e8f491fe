import type pg from 'pg';
import { invalid, type PostgresFailure, tooLarge } from './errors.ts';
import type { Bound } from './parameters.ts';

/** A column of a result, as PostgreSQL's RowDescription has it. */
export interface Column {
  name: string;
  tableID: number;
  columnID: number;
  dataTypeID: number;
  dataTypeModifier: number;
}

/** What a statement answered. Values are PostgreSQL's text forms. */
export interface Outcome {
  /** Absent when the statement returns no rows by its nature. */
  columns: Column[] | undefined;
  rows: (string | null)[][];
  /** The command tag of each execution: `INSERT 0 1`, `SELECT 5`. */
  tags: string[];
  /** Bytes the database sent as rows, also those that were dropped for being too many. */
  bytes: number;
  /** Bytes of the largest row. */
  widestRow: number;
}

interface Bounds {
  /** Rows past this many bytes are dropped. */
  keptBytes: number;
  /** Called once when very many more come, to stop them. */
  flood: () => void;
}

// A write that returns too much has happened all the same, as far as anybody knows (?); a long read has no reason to be read to its end.
const FLOOD_FACTOR = 4;

/** The part of pg's Connection used here; its published types are of another version. */
interface Wire {
  stream: { cork(): void; uncork(): void };
  parse(message: { text: string; types: number[] }): void;
  bind(message: { values: Bound['value'][] }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: object): void;
  sync(): void;
  sendCopyFail(reason: string): void;
  once(event: 'readyForQuery' | 'end', listener: () => void): this;
  off(event: 'readyForQuery' | 'end', listener: () => void): this;
}

/**
 * One SQL text, executed once for each set of values, in one round trip of the extended protocol with declared parameter types. Several sets
 * end with one Sync, so outside of a transaction they are one: all or nothing.
 */
export class Statement implements pg.Submittable {
  readonly done: Promise<Outcome>;
  readonly #text: string;
  readonly #sets: Bound[][];
  readonly #bounds: Bounds;
  readonly #outcome: Outcome = { columns: undefined, rows: [], tags: [], bytes: 0, widestRow: 0 };
  #settle!: { resolve: (outcome: Outcome) => void; reject: (error: unknown) => void };
  #failure: unknown;
  #received = 0;

  constructor(text: string, sets: Bound[][], bounds: Bounds) {
    this.#text = text;
    this.#sets = sets;
    this.#bounds = bounds;
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  submit(connection: unknown): void {
    const wire = connection as Wire;
    // One packet: written apart they cost 40 µs more.
    wire.stream.cork();
    let parsed: string | undefined;
    for (const set of this.#sets) {
      const types = set.map(({ oid }) => oid);
      // A set with a NULL declares other types than one without.
      if (types.join() !== parsed) wire.parse({ text: this.#text, types });
      parsed = types.join();
      wire.bind({ values: set.map(({ value }) => value) });
      wire.describe({ type: 'P', name: '' });
      wire.execute({});
    }
    wire.sync();
    wire.stream.uncork();
  }

  handleRowDescription(message: { fields: Column[] }): void {
    this.#outcome.columns = message.fields;
  }

  handleDataRow(message: { fields: (string | null)[]; length: number }): void {
    const outcome = this.#outcome;
    const before = this.#received;
    this.#received += message.length;
    // The message's length without the lengths of its columns.
    const bytes = message.length - 6 - 4 * message.fields.length;
    outcome.bytes += bytes;
    outcome.widestRow = Math.max(outcome.widestRow, bytes);
    if (outcome.bytes <= this.#bounds.keptBytes) outcome.rows.push(message.fields);
    const flood = FLOOD_FACTOR * this.#bounds.keptBytes;
    if (before > flood || this.#received <= flood) return;
    this.#failure = tooLarge();
    this.#bounds.flood();
  }

  handleCommandComplete(message: { text: string }): void {
    this.#outcome.tags.push(message.text);
  }

  handleEmptyQuery(): void {
    this.#failure = invalid('SQL is empty');
  }

  // The Sync already sent is read, and ignored, as part of the copy.
  handleCopyInResponse(connection: Wire): void {
    connection.sendCopyFail('COPY FROM STDIN cannot be used through the Data API');
    connection.sync();
  }

  handleCopyData(): void {}

  handleError(error: PostgresFailure, connection: Wire): void {
    const reject = (): void => {
      connection.off('readyForQuery', reject).off('end', reject);
      this.#settle.reject(this.#failure ?? error);
    };
    // The state of the transaction is known only when the server is ready again; after a lost connection or a FATAL it never is.
    if (error.severity === 'ERROR') connection.once('readyForQuery', reject).once('end', reject);
    else reject();
  }

  handleReadyForQuery(): void {
    if (this.#failure !== undefined) this.#settle.reject(this.#failure);
    else this.#settle.resolve(this.#outcome);
  }
}
