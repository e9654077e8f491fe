import type { Database } from '../platform/database.ts';
import { log } from '../platform/log.ts';
import type { Queue } from '../platform/queue.ts';
import { measureSweep } from './metrics.ts';
import { type SweepRules, sweep } from './sweep.ts';

/** A sweep is a few calls; less time than this is left to the batch. */
const LEAST_MS = 10_000;

/**
 * The sweep of a database that may pause: no schedule wakes it, so it is swept when a batch has it awake anyway, at most once in `afterSeconds`
 * a process.
 */
export class OccasionalSweep {
  readonly #queue: Queue;
  readonly #rules: SweepRules;
  #next = 0;

  constructor(queue: Queue, rules: SweepRules) {
    this.#queue = queue;
    this.#rules = rules;
  }

  /** Sweeps when it is time to. Never throws: the batch beside it is done. */
  async run(database: Database, remainingMs: number): Promise<void> {
    if (Date.now() < this.#next || remainingMs < LEAST_MS) return;
    this.#next = Date.now() + this.#rules.afterSeconds * 1_000;
    try {
      measureSweep(await sweep(database, this.#queue, this.#rules, Date.now() + remainingMs - LEAST_MS));
    } catch (error) {
      log.warn('the sweep beside a batch failed; the next one comes for what is left', { error: error as Error });
    }
  }
}
