import pg from 'pg';
import type { LocalStack } from '../../infra/local/stack.ts';

export const VERSIONS = 100_000;
export const busyProject = 'busy';

/** The id of the busy project's version `number`, 1 the newest. */
export const versionId = (number: number): string => `01J${String(number).padStart(23, '0')}`;

/** One project of 100,000 versions, half of them checkpoints, as a busy one has; and its metadata in the old second table too. */
export async function seed({ postgres, endpoints }: LocalStack, user: string): Promise<void> {
  const client = new pg.Client(postgres.url(postgres.superuser, postgres.password, endpoints.database));
  await client.connect();
  await client.query(
    `insert into project_versions_metadata (version_id, project_id, user_id, major_version, minor_version, patch_version, version_name,
                                            version_description, change_type)
     select '01J' || lpad(i::text, 23, '0'), $1, $2, 1, i, 0, 'Version ' || i, repeat('text ', 20), (array['patch', 'minor'])[1 + i % 2]
       from generate_series(1, $3::integer) i`,
    [busyProject, user, VERSIONS],
  );
  await client.query(
    `insert into project_versions (project_id, version_id, user_id, prompt, status, created_at, deployed_at, change_type, version_name,
                                   version_description, major_version, minor_version, patch_version, metadata_status, artifact_url)
     select $1, version_id, $2, repeat('prompt ', 100), 'deployed', now() - minor_version * interval '1 minute', now(), change_type,
            version_name, version_description, major_version, minor_version, patch_version, 'ready', 's3://artifacts/' || version_id
       from project_versions_metadata`,
    [busyProject, user],
  );
  await client.query('vacuum analyze project_versions, project_versions_metadata');
  await client.end();
}
