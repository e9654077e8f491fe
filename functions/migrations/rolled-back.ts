import type { Database } from '../platform/database.ts';
import { sql } from '../platform/sql.ts';
import type { Slice } from './slice.ts';

/** The file of the way back, in the ledger while it is under way. */
export const ROLLBACK = 'rollback.sql';

/** Whether the last thing asked for was the way back: what then goes on with a deployment's backfill has to stop. */
export async function isRolledBack(database: Database): Promise<boolean> {
  const [lease] = await database.rows<{ rolled_back: boolean }>(
    `select rolled_back_at is not null as rolled_back from public.project_versions_migration_lease`,
  );
  return lease?.rolled_back ?? false;
}

/** The way back begins, or goes on. */
export const markRolledBack = ({ database, lease }: Slice): Promise<void> =>
  database.transaction(async (transaction) => {
    await lease.hold(transaction);
    await transaction.run(
      `update public.project_versions_migration_lease set rolled_back_at = coalesce(rolled_back_at, clock_timestamp())`,
    );
  });

/** A deployment was asked for after the way back, or in the middle of it: another way back begins at its first step. */
export const forgetRollback = ({ database, lease }: Slice): Promise<void> =>
  database.transaction(async (transaction) => {
    await lease.hold(transaction);
    const forgotten = await transaction.run(
      `update public.project_versions_migration_lease set rolled_back_at = null where rolled_back_at is not null`,
    );
    if (forgotten > 0)
      await transaction.run(sql`delete from public.project_versions_migrations where name = ${ROLLBACK}`);
  });
