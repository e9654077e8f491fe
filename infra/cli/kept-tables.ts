import type { Database } from '../../functions/platform/database.ts';
import { sql } from '../../functions/platform/sql.ts';

/** What a takeover leaves behind, in the order it can be dropped. */
const KEPT = ['project_versions_backup', 'project_versions_metadata', 'takeover_report', 'takeover'].map(
  (name) => `version_history.${name}`,
);

/** Those that are there. */
export const keptTables = async (database: Database): Promise<string[]> => {
  const rows = await database.rows<{ name: string }>(
    `select relnamespace::regnamespace || '.' || relname as name from pg_class where relnamespace = to_regnamespace('version_history') and relkind = 'r'`,
  );
  return KEPT.filter((name) => rows.some((row) => row.name === name));
};

/** Views that read one of them, by name: none of it can be dropped before they are. */
export const viewsOf = async (database: Database, names: string[]): Promise<string[]> => {
  const rows = await database.rows<{ view: string }>(
    sql`select distinct r.ev_class::regclass::text as view
          from pg_depend d
          join pg_rewrite r on r.oid = d.objid
         where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
           and d.refobjid::regclass::text in (select jsonb_array_elements_text(${JSON.stringify(names)}::text::jsonb))
         order by 1`,
  );
  return rows.map(({ view }) => view);
};

/** All of them or none. */
export const dropTables = (database: Database, names: string[]): Promise<void> =>
  database.transaction(async (transaction) => {
    await transaction.rows(`select set_config('lock_timeout', '500ms', true) as lock_timeout`);
    for (const name of names) await transaction.run(`drop table ${name}`);
  });
