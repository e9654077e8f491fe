import type { Database } from '../platform/database.ts';
import { runBatches } from './batched-step.ts';
import { runCatalogStep } from './catalog-step.ts';
import { MigrationFailed, OutOfTime, persist, reasonOf } from './failure.ts';
import { Lease, LeaseHeld, LeaseLost } from './lease.ts';
import { type Entry, open, readLedger, unapplied } from './ledger.ts';
import { inOrder, type Migration, type Phase } from './migration.ts';
import { prepare } from './preflight.ts';
import { forgetRollback, rolledBackAt } from './rolled-back.ts';
import { checkTime, type Log, type Slice } from './slice.ts';
import { oldTables } from './takeover/found.ts';
import { runTransaction } from './transaction-step.ts';

export interface RunOptions {
  database: Database;
  migrations: Migration[];
  /** The last phase to run. */
  through: Phase;
  /** Who is migrating, in words a person knows: shown to whoever has to wait. The same for every slice of one deployment. */
  holder: string;
  /** Nothing new is begun after this moment (epoch ms); a statement under way may take 45 s more. */
  until: number;
  log: Log;
  /** Goes on with what a deployment began, and does nothing once that was taken back. A deployment begins it anew. */
  continues?: boolean;
  /** When (epoch ms) whoever runs this asked for it, if not now: a way back that was asked for later stands. */
  askedAt?: number;
}

/** `waiting` says, when there is more to do, for what: another deployment (`heldBy`), a lock, the database, or only the next slice. */
export type Outcome =
  | { complete: true; applied: string[] }
  | { complete: false; waiting: string; heldBy?: string | undefined };

/**
 * Takes a database as far as `through` and `until` allow, from wherever an earlier run, dead or alive, has left it. Safe to call at any
 * time and from several places at once: one works, the others learn who does.
 *
 * @throws MigrationFailed with a reason a person can act on; errors of the SDK that no repetition mends
 */
export async function applyMigrations(options: RunOptions): Promise<Outcome> {
  const { database, through, holder, until, log } = options;
  return attempt(options, async () => {
    const migrations = inOrder(options.migrations, through, await persist(until, () => oldTables(database)));
    if (await persist(until, () => takenBack(options))) return { complete: true, applied: [] };
    const left = unapplied(migrations, await persist(until, () => readLedger(database)));
    if (left.length === 0) return { complete: true, applied: [] };

    return underLease({ database, holder, until, log }, async (slice) => {
      // The way back may have had the lease meanwhile.
      if (await persist(until, () => takenBack(options))) return { complete: true, applied: [] };
      if (!options.continues) await persist(until, () => forgetRollback(slice));
      // Another deployment may have done it all before the lease was got.
      const pending = unapplied(migrations, await persist(until, () => readLedger(database)));
      for (const migration of pending) await applyOne(slice, migration);
      return { complete: true, applied: pending.map(({ name }) => name) };
    });
  });
}

/**
 * Does `work` on a database that is fit for it and has its ledger; what ends a slice is no failure but a reason to wait.
 *
 * @throws what `work` throws otherwise
 */
export async function attempt(
  { database, until }: Pick<RunOptions, 'database' | 'until'>,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    await persist(until, () => prepare(database));
    return await work();
  } catch (error) {
    if (!(error instanceof OutOfTime || error instanceof LeaseHeld || error instanceof LeaseLost)) throw error;
    return { complete: false, waiting: error.message, heldBy: error instanceof LeaseHeld ? error.holder : undefined };
  }
}

/** Whether there is nothing to go on with. @throws MigrationFailed when somebody took back what a deployment is still waiting for */
async function takenBack({ database, continues = false, askedAt = Date.now() }: RunOptions): Promise<boolean> {
  const at = await rolledBackAt(database);
  if (at === null || (!continues && at < askedAt)) return false;
  if (continues) return true;
  throw new MigrationFailed('the migrations were taken back meanwhile (npm run migrate -- rollback)');
}

/**
 * Does `work` with the lease, and gives it back when it is over: a failed deployment is rolled back at once and must not wait for the lease of the attempt
 * before it, and between two slices of a backfill a deployment gets its turn.
 *
 * @throws OutOfTime, LeaseHeld, LeaseLost, and what `work` throws
 */
export async function underLease<Result>(
  { database, holder, until, log }: Pick<RunOptions, 'database' | 'holder' | 'until' | 'log'>,
  work: (slice: Slice) => Promise<Result>,
): Promise<Result> {
  const lease = await persist(until, () => Lease.acquire(database, holder));
  try {
    return await work({ database, lease, until, log });
  } finally {
    // Done or not, the lease ends by itself after two minutes.
    await lease
      .release(database)
      .catch((error: unknown) => log.warn('the lease was not given back', { reason: reasonOf(error) }));
  }
}

/** Takes one migration as far as there is time. @throws MigrationFailed, OutOfTime, LeaseLost */
export async function applyOne(slice: Slice, migration: Migration): Promise<void> {
  let entry = await persist(slice.until, () => begin(slice, migration));
  while (!entry.applied) {
    checkTime(slice);
    const { next_step: index } = entry;
    const began = Date.now();
    await runStep(slice, migration, index);
    entry = await persist(slice.until, () => reread(slice, migration));
    slice.log.info('migration step done', {
      migration: migration.name,
      step: index + 1,
      of: migration.steps.length,
      ms: Date.now() - began,
      rows: entry.rows,
    });
  }
}

function runStep(slice: Slice, migration: Migration, index: number): Promise<void> {
  const step = migration.steps[index];
  switch (step?.kind) {
    case 'transaction':
      return runTransaction(slice, migration, index, step);
    case 'batched':
      return runBatches(slice, migration, index, step);
    case 'no transaction':
    case 'long':
      return runCatalogStep(slice, migration, index, step);
    case undefined:
      throw new RangeError(
        `${migration.name} has ${migration.steps.length} steps, the ledger asks for number ${index + 1}`,
      );
  }
}

const begin = ({ database, lease }: Slice, migration: Migration): Promise<Entry> =>
  database.transaction(async (transaction) => {
    await lease.hold(transaction);
    return open(transaction, migration);
  });

async function reread({ database }: Slice, { name }: Migration): Promise<Entry> {
  const entry = (await readLedger(database)).get(name);
  if (entry === undefined) throw new TypeError(`the ledger has lost ${name}`);
  return entry;
}
