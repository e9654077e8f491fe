import type { Database } from '../platform/database.ts';
import { sql } from '../platform/sql.ts';
import type { Migration } from './migration.ts';
import type { Slice } from './slice.ts';

/** The file of the way back, in the ledger while it is under way. */
export const ROLLBACK = 'legacy/rollback.sql';

/** When (epoch ms) the way back was asked for, if that was the last thing asked for. */
export async function rolledBackAt(database: Database): Promise<number | null> {
  const [lease] = await database.rows<{ at: number | null }>(
    `select (extract(epoch from rolled_back_at) * 1000)::float8 as at from version_history.migration_lease`,
  );
  return lease?.at ?? null;
}

/** The way back begins, or goes on; after one that has ended, or was another file, it begins at the first step. */
export const markRolledBack = ({ database, lease }: Slice, { name, checksum }: Migration): Promise<void> =>
  database.transaction(async (transaction) => {
    await lease.hold(transaction);
    await transaction.run(
      `update version_history.migration_lease set rolled_back_at = coalesce(rolled_back_at, clock_timestamp())`,
    );
    await transaction.run(
      sql`delete from version_history.migrations where name = ${name} and (applied_at is not null or checksum <> ${checksum})`,
    );
  });

/** A deployment was asked for after the way back, or in the middle of it: another way back begins at its first step. */
export const forgetRollback = ({ database, lease }: Slice): Promise<void> =>
  database.transaction(async (transaction) => {
    await lease.hold(transaction);
    const forgotten = await transaction.run(
      `update version_history.migration_lease set rolled_back_at = null where rolled_back_at is not null`,
    );
    if (forgotten > 0) await transaction.run(sql`delete from version_history.migrations where name = ${ROLLBACK}`);
  });
