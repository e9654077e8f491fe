import type pg from 'pg';
import type { LocalStack } from '../../infra/local/stack.ts';
import { connected } from '../support/connected.ts';
import { legacyTables } from '../support/legacy-database.ts';

/** How many versions projects have: one of each. */
export const SIZES = [20, 1_000, 10_000, 100_000] as const;
export const VERSIONS = 100_000;
export const busyProject = 'busy';

export const projectOf = (size: (typeof SIZES)[number]): string => (size === VERSIONS ? busyProject : `of-${size}`);

/** The id of the busy project's version `number`, 1 the newest. */
export const versionId = (number: number): string => `01J${String(number).padStart(23, '0')}`;

/** Projects of each size, half of their versions checkpoints, as busy ones have; and their metadata in the old system's second table too. */
export const seed = ({ postgres, endpoints }: LocalStack, user: string): Promise<void> =>
  connected(postgres.url(postgres.superuser, postgres.password, endpoints.database), (client) => fill(client, user));

async function fill(client: pg.Client, user: string): Promise<void> {
  // What the old JOIN reads. It is made here: the database of a stack has no such table.
  const [metadata = ''] = (await legacyTables()).split(/(?<=^\);$)/m);
  await client.query(metadata);
  await client.query(`do $$ begin
    execute format('alter table project_versions_metadata owner to %I', (select tableowner from pg_tables where tablename = 'project_versions'));
  end $$`);
  let ids = 0;
  for (const size of SIZES.toReversed()) {
    await client.query(
      `insert into project_versions_metadata (version_id, project_id, user_id, major_version, minor_version, patch_version, version_name,
                                              version_description, change_type)
       select '01J' || lpad((i + $4::integer)::text, 23, '0'), $1, $2, 1, i, 0, 'Version ' || i, repeat('text ', 20),
              (array['patch', 'minor'])[1 + i % 2]
         from generate_series(1, $3::integer) i`,
      [projectOf(size), user, size, ids],
    );
    ids += size;
  }
  await client.query(
    `insert into project_versions (project_id, version_id, user_id, prompt, status, created_at, deployed_at, change_type, version_name,
                                   version_description, major_version, minor_version, patch_version, metadata_status, artifact_url)
     select project_id, version_id, $1, repeat('prompt ', 100), 'deployed', now() - minor_version * interval '1 minute', now(), change_type,
            version_name, version_description, major_version, minor_version, patch_version, 'ready', 's3://artifacts/' || version_id
       from project_versions_metadata`,
    [user],
  );
  await client.query('vacuum analyze project_versions, project_versions_metadata');
}
