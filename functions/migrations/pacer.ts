/** Some 25 ms on a database with time to spare. */
const FIRST_BATCH = 500;
/** Rows stay locked for a batch: short enough that a writer who waits for one hardly notices, long enough that the calls around it do not count. */
const GOAL_MS = 200;
/** Fewer rows say how long a call takes, not how long a row does. */
const TELLING = 20;
/** Rows that take so many times as long as they did at best mean that others need the database. */
const LOADED = 3;
/** A rest is as many times as long as the batch before it: half of the time is worked, however loaded the database is. */
const REST = 1;

/**
 * How large the next batch is, and how long to rest before it. Sizes grow and shrink toward a fifth of a second. Where rows take much longer than
 * they did, the database is at work for others: batches get smaller, and between them it rests. Its own time is the one measure of load that needs no privilege.
 */
export class Pacer {
  readonly #largest: number;
  #size: number;
  #best = Number.POSITIVE_INFINITY;

  /** @param largest the most keys a batch may have */
  constructor(largest: number) {
    this.#largest = largest;
    this.#size = Math.min(FIRST_BATCH, largest);
  }

  get size(): number {
    return this.#size;
  }

  /** Takes note of a batch. @returns milliseconds to rest before the next one */
  done(rows: number, ms: number): number {
    const each = ms / Math.max(rows, 1);
    const telling = rows >= TELLING;
    // Forgotten by and by: what comes later in a table may be larger than what came first.
    if (telling) this.#best = Math.min(this.#best * 1.05, each);
    const slowness = telling ? each / this.#best : 1;
    if (slowness > LOADED) {
      this.#size = Math.max(1, Math.floor(this.#size / 2));
      return ms * REST;
    }
    if (ms < GOAL_MS / 2) this.#size = Math.min(this.#largest, this.#size * 2);
    else if (ms > GOAL_MS) this.#size = Math.max(1, Math.floor((this.#size * GOAL_MS) / ms));
    return 0;
  }

  /** A batch was stopped by the database's time limit. */
  tookTooLong(): void {
    this.#size = Math.ceil(this.#size / 10);
  }
}
