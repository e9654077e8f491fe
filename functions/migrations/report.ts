import type { Database } from '../platform/database.ts';

/** How many findings of each kind the takeover has left for a person to look at. */
export async function readReport(database: Database): Promise<Record<string, number>> {
  const [table] = await database.rows<{ exists: boolean }>(
    `select to_regclass('version_history.takeover_report') is not null as exists`,
  );
  if (!table?.exists) return {};
  const counts = await database.rows<{ kind: string; findings: number }>(
    `select kind, count(*) as findings from version_history.takeover_report group by kind order by kind`,
  );
  return Object.fromEntries(counts.map(({ kind, findings }) => [kind, findings]));
}
