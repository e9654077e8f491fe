import type { Database } from '../platform/database.ts';
import { sql } from '../platform/sql.ts';
import type { Finding } from './finding.ts';
import { readOnly } from './read-only.ts';

/** Rows of a page. Each looks its version up by key: 30 to 100 ms. */
const PAGE = 20_000;
const TOLD = 100;

/** What one page has shown: `after` is the last version of it, null at the end. */
interface Page {
  after: string | null;
  count: number;
  findings: Finding[];
}

/** Looks at the recommendations of versions after `after`: does their version exist, and is it of the same project and user? */
export async function checkRecommendations(database: Database, after: string): Promise<Page> {
  const rows = await readOnly(database, (transaction) =>
    transaction.rows<{ version_id: string | null; project_id: string | null; detail: string; count: number }>(sql`
      with page as materialized (
        select r.version_id, r.project_id, r.user_id
          from version_history.recommendations r
         where r.version_id > ${after}
         order by r.version_id
         limit ${PAGE}
      ), orphans as (
        select p.version_id, p.project_id,
               case when v.version_id is null then 'recommendations of no version' else 'recommendations of another project or user' end as detail
          from page p
          left join public.project_versions v on v.version_id = p.version_id
         where v.version_id is null or (v.project_id, v.user_id) <> (p.project_id, p.user_id)
      )
      (select o.version_id, o.project_id, o.detail, count(*) over () as count from orphans o order by o.version_id limit ${TOLD})
      union all
      select max(p.version_id), null, '', 0 from page p`),
  );
  const last = rows.find(({ project_id }) => project_id === null);
  const orphans = rows.filter((row) => row !== last);
  return {
    after: last?.version_id ?? null,
    count: orphans[0]?.count ?? 0,
    findings: orphans.map(({ version_id, project_id, detail }) => ({
      kind: 'orphaned_recommendations',
      projectId: project_id ?? '',
      versionIds: [version_id ?? ''],
      detail,
    })),
  };
}
