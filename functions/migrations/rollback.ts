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
  const { until } = options;
  return attempt(options, () =>
    underLease(options, async (slice) => {
      const reason = await persist(until, () => reasonAgainst(slice.database));
      if (reason !== null) throw new MigrationFailed(`there is no way back: ${reason}`);
      await persist(until, () => markRolledBack(slice, rollback));
      await applyOne(slice, rollback);
      return { complete: true, applied: [rollback.name] };
    }),
  );
}

/** Why a database cannot be taken back; null when it can. */
async function reasonAgainst(database: Database): Promise<string | null> {
  const [found] = await database.rows<{ taken_over: boolean; set_aside: boolean; consolidated: boolean }>(
    `select to_regclass('version_history.takeover') is not null as taken_over,
            to_regclass('version_history.project_versions_metadata') is not null as set_aside,
            -- A takeover without an old table takes its functions away at its end.
            to_regclass('version_history.project_versions_backup') is not null
              and to_regprocedure('version_history.carry(text, text, boolean)') is null as consolidated`,
  );
  if (!found?.taken_over) return 'this database has nothing of an old system';
  if (found.set_aside) return 'the old table is set aside, version_history.project_versions_metadata has its rows';
  if (found.consolidated)
    return 'there was no old table to go back to, version_history.project_versions_backup has the rows as they were';
  return null;
}
