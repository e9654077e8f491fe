import pg from 'pg';
import type { TestDatabase } from '../../support/owned-database.ts';
import type { LoadResult } from './load.ts';
import { lastPublished } from './written.ts';

/** Rows a call: one parameter holds them all. */
const CHUNK = 20_000;

/**
 * Brings what the comparison needs into schema `evidence` of the migrated database: the old tables as they were (`versions`, `metadata`), what clients were
 * told is written (`written`), and which versions may be published in the projects they published in (`published`; null: nobody can say).
 */
export async function gatherEvidence(
  migrated: TestDatabase,
  legacy: TestDatabase,
  load: LoadResult,
): Promise<pg.Client> {
  const admin = new pg.Client(migrated.adminUrl);
  await admin.connect();
  const { password } = new URL(legacy.adminUrl);
  await admin.query(`
    create schema evidence;
    create schema remote;
    create extension postgres_fdw;
    create server legacy foreign data wrapper postgres_fdw
      options (host '${legacy.host}', port '${legacy.port}', dbname '${legacy.database}', fetch_size '10000');
    create user mapping for current_user server legacy options (user 'postgres', password '${decodeURIComponent(password)}');
    import foreign schema public limit to (project_versions, project_versions_metadata) from server legacy into remote;
    create unlogged table evidence.versions as select * from remote.project_versions;
    create unlogged table evidence.metadata as select * from remote.project_versions_metadata;
    create unlogged table evidence.written (
      version_id text, project_id text, user_id text, prompt text, number text, name text, preview text, published boolean, generated boolean,
      uncertain boolean
    );
    create unlogged table evidence.published (project_id text, version_ids text[]);`);
  for (let from = 0; from < load.versions.length; from += CHUNK) {
    const rows = load.versions.slice(from, from + CHUNK).map(({ born, ...written }) => ({ ...written, ...born }));
    await admin.query(
      'insert into evidence.written select * from jsonb_populate_recordset(null::evidence.written, $1)',
      [JSON.stringify(rows)],
    );
  }
  const uncertain = new Set(load.uncertainProjects);
  const published = [
    ...lastPublished(load.publications).filter(({ project_id }) => !uncertain.has(project_id)),
    ...load.uncertainProjects.map((project_id) => ({ project_id, version_ids: null })),
  ];
  await admin.query(
    `insert into evidence.published
     select project_id, case when version_ids is not null then array(select jsonb_array_elements_text(version_ids)) end
       from jsonb_to_recordset($1) as row (project_id text, version_ids jsonb)`,
    [JSON.stringify(published)],
  );
  await admin.query('analyze evidence.versions, evidence.metadata, evidence.written, evidence.published');
  await admin.query(`set work_mem = '256MB'`);
  return admin;
}
