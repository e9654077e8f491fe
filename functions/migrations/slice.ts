import type { Database, Transaction } from '../platform/database.ts';
import { OutOfTime, persist } from './failure.ts';
import { type Lease, LeaseLost } from './lease.ts';
import { place } from './ledger.ts';
import type { Migration } from './migration.ts';

/** What is logged of the work: ids, counts and reasons. */
export interface Log {
  info(message: string, fields: Record<string, unknown>): void;
  warn(message: string, fields: Record<string, unknown>): void;
}

/** A bounded piece of work: nothing new is begun after `until` (epoch ms), and the next slice goes on from the ledger. */
export interface Slice {
  database: Database;
  lease: Lease;
  until: number;
  log: Log;
}

/**
 * One transaction at a step: lease first, then a look at the ledger, then `change`. When the ledger is elsewhere (an answer
 * after a commit got lost, and this is the second try) nothing happens. Contention and an unreachable database are waited out.
 *
 * @throws OutOfTime, LeaseLost
 */
export function atStep<Result>(
  { database, lease, until }: Slice,
  migration: Migration,
  index: number,
  change: (transaction: Transaction, cursor: string | null) => Promise<Result>,
): Promise<Result | undefined> {
  return persist(until, () =>
    database.transaction(async (transaction) => {
      await lease.hold(transaction);
      const { next, cursor } = await place(transaction, migration.name);
      return next === index ? change(transaction, cursor) : undefined;
    }),
  );
}

/** @throws OutOfTime when nothing new may be begun */
export function checkTime({ until }: Slice): void {
  if (Date.now() >= until) throw new OutOfTime('this slice of work has used its time');
}

/** Errors about the slice, not about the step it was at. */
export const endsSlice = (error: unknown): error is OutOfTime | LeaseLost =>
  error instanceof OutOfTime || error instanceof LeaseLost;
