import pg from 'pg';

/** How the plan's connection is named. */
export const PLAN = 'plan';

// The plan's own statements, in its order.
const STATEMENTS = {
  'two backups': [
    'create table project_versions_backup as select * from project_versions',
    'create table project_versions_metadata_backup as select * from project_versions_metadata',
  ],
  'fifteen columns': [
    `alter table public.project_versions
     add column is_published boolean default false, add column published_at timestamp with time zone, add column published_by_user_id text,
     add column user_comment text, add column version_name character varying(100), add column version_description text,
     add column change_type character varying(10), add column major_version integer, add column minor_version integer,
     add column patch_version integer, add column prerelease text, add column breaking_risk text, add column auto_classified boolean,
     add column classification_confidence numeric(3,2), add column classification_reasoning text`,
  ],
  'one update': [
    `update project_versions pv
        set version_name = pvm.version_name, version_description = pvm.version_description, change_type = pvm.change_type,
            major_version = pvm.major_version, minor_version = pvm.minor_version, patch_version = pvm.patch_version, prerelease = pvm.prerelease,
            breaking_risk = pvm.breaking_risk, auto_classified = pvm.auto_classified,
            classification_confidence = pvm.classification_confidence, classification_reasoning = pvm.classification_reasoning
       from project_versions_metadata pvm
      where pv.version_id = pvm.version_id`,
  ],
};

/** Runs the plan as a person with a terminal does. @returns milliseconds by part */
export async function runPlan(url: string): Promise<Record<string, number>> {
  const connection = new pg.Client({ connectionString: url, application_name: PLAN });
  await connection.connect();
  const taken: Record<string, number> = {};
  for (const [part, statements] of Object.entries(STATEMENTS)) {
    const began = performance.now();
    for (const statement of statements) await connection.query(statement);
    taken[part] = performance.now() - began;
  }
  await connection.end();
  return taken;
}

/** Versions whose name the old table has and the new one has not, or has otherwise, when the plan is through; and one of them. */
export async function leftBehind(connection: pg.Client): Promise<{ rows: number; example: string | null }> {
  const { rows } = await connection.query<{ rows: number; example: string | null }>(
    `select count(*)::integer as rows, min(v.version_id) as example
       from project_versions_metadata m
       join project_versions v on v.version_id = m.version_id::text and v.project_id = m.project_id and v.user_id = m.user_id
      where v.version_name is distinct from m.version_name`,
  );
  return rows[0] ?? { rows: 0, example: null };
}
