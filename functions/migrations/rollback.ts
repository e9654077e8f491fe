import type { Database } from '../platform/database.ts';
import { MigrationFailed, persist } from './failure.ts';
import type { Migration } from './migration.ts';
import { markRolledBack } from './rolled-back.ts';
import { applyOne, attempt, type Outcome, type RunOptions, underLease } from './runner.ts';

/**
 * Takes a database back to where the old table alone holds the metadata, by the steps of `rollback`, with the lease and the ledger of a migration: broken
 * off, it goes on where it was. Marked first, so that whatever goes on with a deployment's backfill stops.
 *
 * @throws MigrationFailed with a reason a person can act on
 */
export function rollBack(
  rollback: Migration,
  options: Pick<RunOptions, 'database' | 'holder' | 'until' | 'log'>,
): Promise<Outcome> {
  const { database, until } = options;
  return attempt(options, async () => {
    if (await persist(until, () => isContracted(database)))
      throw new MigrationFailed(
        'the old table is dropped: there is no way back; project_versions_metadata_backup has its rows as they were',
      );
    return underLease(options, async (slice) => {
      await persist(until, () => markRolledBack(slice, rollback));
      await applyOne(slice, rollback);
      return { complete: true, applied: [rollback.name] };
    });
  });
}

async function isContracted(database: Database): Promise<boolean> {
  const [found] = await database.rows<{ gone: boolean }>(
    `select to_regclass('public.project_versions_metadata') is null and to_regclass('public.project_versions_consolidation') is not null as gone`,
  );
  return found?.gone ?? false;
}
