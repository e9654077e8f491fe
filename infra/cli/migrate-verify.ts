import type { Database } from '../../functions/platform/database.ts';
import { sql } from '../../functions/platform/sql.ts';
import { ProgressBar } from '../local/progress.ts';

/** What became of one column: how many versions had a value before, how many have one now, and how many have lost it. */
export interface ColumnCount {
  column: string;
  versions: number;
  expected: number;
  found: number;
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

export interface Verification {
  columns: ColumnCount[];
  findings: Finding[];
}

const DECIDED: Record<string, string> = {
  orphaned_metadata: 'no version of that id; it stays in the old table',
  mismatched_metadata: 'its project or user is not the version’s: not applied; it stays in the old table',
  unknown_change_type: 'none of major, minor, patch, rollback: the version has no type; the report has the old one',
  unknown_breaking_risk: 'none of none, low, medium, high: the version has no risk; the report has the old one',
  several_published: 'a later one stays published, this one is not',
  equal_numbers: 'kept',
  several_owners: 'kept; each of them goes on as an owner',
  unlogged_table: 'kept; PostgreSQL empties it after a crash',
  not_carried_back: 'the old table has no room for it: it stayed in project_versions on the way back',
  dropped_foreign_key: 'the old table gets no rows any more; the report has its definition',
};

const PAGE = 5_000;

/**
 * Compares every version that was taken over with the backups, and reads what the takeover has found. Changes nothing.
 *
 * @returns undefined when there is nothing to compare: nothing was taken over, or not yet, or the old table is set aside
 */
export async function verify(database: Database, quiet: boolean): Promise<Verification | undefined> {
  const [ready] = await database.rows<{ ready: boolean; versions: number }>(
    `select to_regprocedure('version_history.compare_page(text, bigint)') is not null
              and to_regclass('version_history.project_versions_backup') is not null as ready,
            coalesce((select greatest(reltuples, 1)::bigint from pg_class where oid = to_regclass('public.project_versions')), 1) as versions`,
  );
  if (!ready?.ready) return undefined;
  const columns = new Map<string, ColumnCount>();
  const bar = quiet ? undefined : new ProgressBar('Comparing', ready.versions, process.stderr);
  for (let after: string | null = null; ; ) {
    const [page]: { last_key: string | null; versions: number; columns: string }[] = await database.rows(
      sql`select last_key, versions, columns::text as columns from version_history.compare_page(${after}::text, ${PAGE})`,
    );
    if (!page?.last_key) break;
    for (const [column, counts] of Object.entries(
      JSON.parse(page.columns) as Record<string, Omit<ColumnCount, 'column'>>,
    ))
      columns.set(column, add(columns.get(column), { column, ...counts }));
    after = page.last_key;
    bar?.tick(page.versions);
  }
  bar?.end();
  const findings = await database.rows<Omit<Finding, 'decided'>>(
    `select kind, count(*) as findings, min(coalesce(version_id, project_id)) as example
       from version_history.takeover_report group by kind order by kind`,
  );
  return {
    columns: [...columns.values()].sort((one, other) => (one.column < other.column ? -1 : 1)),
    findings: findings.map((finding) => ({ ...finding, decided: DECIDED[finding.kind] ?? 'see the report' })),
  };
}

const add = (one: ColumnCount | undefined, other: ColumnCount): ColumnCount => ({
  column: other.column,
  versions: (one?.versions ?? 0) + other.versions,
  expected: (one?.expected ?? 0) + other.expected,
  found: (one?.found ?? 0) + other.found,
  lost: (one?.lost ?? 0) + other.lost,
  example: one?.example ?? other.example,
});
