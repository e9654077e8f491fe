import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome, RunOptions } from '../../functions/migrations/runner.ts';
import type { Database } from '../../functions/platform/database.ts';
import { ProgressBar } from '../local/progress.ts';
import type { PlannedStep } from './migration-plan.ts';

/** One slice of the work; between two of them a deployment gets its turn. */
const SLICE_MS = 30_000;

type Slice = Pick<RunOptions, 'database' | 'holder' | 'until' | 'askedAt' | 'log'>;

/**
 * Does slice after slice until the work is complete, with a progress bar over the rows and steps of `planned`. Whoever has the lease is waited for, and
 * named. Broken off, it can be started again.
 */
export async function runToEnd(
  database: Database,
  planned: Pick<PlannedStep, 'rows'>[],
  { label, quiet }: { label: string; quiet: boolean },
  slice: (options: Slice) => Promise<Outcome>,
): Promise<string[]> {
  const progress = quiet || planned.length === 0 ? undefined : new StepsProgress(label, planned);
  const log: RunOptions['log'] = {
    info: (message, fields) => {
      if (message === 'migration batch done') progress?.batch(Number(fields.rows));
      if (message === 'migration step done') progress?.step();
    },
    warn: (message, fields) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  };
  const holder = `npm run migrate by ${userInfo().username}, process ${process.pid}`;
  const askedAt = Date.now();
  const applied: string[] = [];
  for (let waiting = ''; ; ) {
    const outcome = await slice({ database, holder, askedAt, until: Date.now() + SLICE_MS, log });
    if (outcome.complete) return [...applied, ...outcome.applied];
    if (outcome.waiting !== waiting && !/used its time/.test(outcome.waiting))
      process.stderr.write(`${outcome.waiting}\n`);
    waiting = outcome.waiting;
    await sleep(500);
  }
}

/** A step counts as many rows as it is expected to go through, and one for itself. */
class StepsProgress {
  readonly #bar: ProgressBar;
  readonly #left: number[];

  constructor(label: string, planned: Pick<PlannedStep, 'rows'>[]) {
    this.#left = planned.map(({ rows }) => rows);
    this.#bar = new ProgressBar(
      label,
      planned.reduce((sum, { rows }) => sum + rows + 1, 0),
    );
  }

  batch(rows: number): void {
    const counted = Math.min(rows, this.#left[0] ?? 0);
    this.#left[0] = (this.#left[0] ?? 0) - counted;
    if (counted > 0) this.#bar.tick(counted);
  }

  step(): void {
    this.#bar.tick((this.#left.shift() ?? 0) + 1);
  }
}
