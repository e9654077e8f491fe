import type { Database } from '../../functions/platform/database.ts';
import { sql } from '../../functions/platform/sql.ts';
import { ProgressBar } from '../local/progress.ts';

/** What became of one column: how many versions had a value before, how many have one now, and how many have another one than they should. */
export interface ColumnCount {
  column: string;
  versions: number;
  expected: number;
  found: number;
  checksumsEqual: boolean;
  lost: number;
  example: string | null;
}

/** What was found of one kind, and how often. */
export interface Finding {
  kind: string;
  findings: number;
  example: string | null;
  decided: string;
}

/** `unaccounted`: rows of the old table that have something the new one has not, of `looked` rows; what would be lost with it. */
export interface Verification {
  columns: ColumnCount[];
  findings: Finding[];
  looked: number;
  unaccounted: number;
  example: string | null;
}

const DECIDED: Record<string, string> = {
  orphaned_metadata: 'no version of that id; kept whole in the report',
  mismatched_metadata: 'its project or user is not the version’s: not applied, kept whole in the report',
  unknown_change_type: 'none of major, minor, patch, rollback: the version has no type; the report has the old one',
  several_published: 'a later one stays published, this one is not',
  equal_numbers: 'kept',
  several_owners: 'kept; each of them goes on as an owner',
  not_carried_back: 'the old table has no room for it: stayed in project_versions on the way back',
  dropped_foreign_key: 'went with the old table; the report has its definition',
};

const PAGE = 5_000;

/**
 * Compares the old table with the new one, row by row, and reads what the backfill has counted. Changes nothing.
 *
 * @returns undefined when there is nothing to compare: the metadata is not carried over yet, or the old table is gone
 */
export async function verify(database: Database, quiet: boolean): Promise<Verification | undefined> {
  const [ready] = await database.rows<{ ready: boolean; rows: number }>(
    `select to_regprocedure('public.project_versions_unaccounted(text, bigint)') is not null as ready,
            coalesce((select greatest(reltuples, 1)::bigint from pg_class where oid = to_regclass('public.project_versions_metadata')), 1) as rows`,
  );
  // Counted, taken back and not yet carried over again: the function is there from before.
  const [state] = ready?.ready
    ? await database.rows<{ backfilled: boolean }>(
        `select backfilled_at is not null as backfilled from public.project_versions_consolidation`,
      )
    : [];
  if (!ready || !state?.backfilled) return undefined;
  const columns = await database.rows<ColumnCount>(
    `select column_name as column, versions, expected, found, checksum_expected = checksum_found as "checksumsEqual", lost, example
       from public.project_versions_consolidation_counts order by column_name`,
  );
  const findings = await database.rows<Omit<Finding, 'decided'>>(
    `select kind, count(*) as findings, min(coalesce(version_id, project_id)) as example
       from public.project_versions_consolidation_report group by kind order by kind`,
  );
  const bar = quiet ? undefined : new ProgressBar('Comparing', ready.rows, process.stderr);
  const total = { looked: 0, unaccounted: 0, example: null as string | null };
  for (let after: string | null = null; ; ) {
    const [page]: { last_key: string | null; rows: number; unaccounted: number; example: string | null }[] =
      await database.rows(
        sql`select last_key, rows, unaccounted, example from public.project_versions_unaccounted(${after}, ${PAGE})`,
      );
    if (!page?.last_key) break;
    total.looked += page.rows;
    total.unaccounted += page.unaccounted;
    total.example ??= page.example;
    after = page.last_key;
    bar?.tick(page.rows);
  }
  return {
    columns,
    findings: findings.map((finding) => ({ ...finding, decided: DECIDED[finding.kind] ?? 'see the report' })),
    ...total,
  };
}
