import type { Database } from '../platform/database.ts';
import { type Entry, readLedger } from './ledger.ts';
import type { Migration } from './migration.ts';
import { applyMigrations, type RunOptions } from './runner.ts';

interface Continuation extends Pick<RunOptions, 'database' | 'migrations' | 'until' | 'log'> {
  stack: string;
  messageId: string;
}

/** `again`: there is more to do, and this message's to do it. */
export type SliceOutcome = { complete: true } | { complete: false; again: boolean; waiting: string };

/**
 * A slice of a backfill that a deployment has handed over. The lease is the message's: one that is delivered again, because its function died, goes on at
 * once. Two deployments may have left a message each: the one that finds the other at work ends, since that one queues its own next.
 *
 * @throws MigrationFailed with a reason a person can act on
 */
export async function continueBackfill({ stack, messageId, ...run }: Continuation): Promise<SliceOutcome> {
  const backfill = `the backfill of ${stack}, message `;
  const holder = `${backfill}${messageId}`;
  const outcome = await applyMigrations({ ...run, through: 'backfill', continues: true, holder });
  if (outcome.complete) return { complete: true };
  const { waiting, heldBy } = outcome;
  return { complete: false, again: !heldBy?.startsWith(backfill), waiting };
}

/** How far the file is that a backfill is at: nothing when it is done, and when the database does not answer, since it is only shown. */
export async function entryAtWork(database: Database, migrations: Migration[]): Promise<Entry | undefined> {
  const ledger = await readLedger(database).catch(() => new Map<string, Entry>());
  return migrations.map(({ name }) => ledger.get(name)).find((entry) => entry?.applied === false);
}
