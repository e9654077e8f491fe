import type pg from 'pg';

/** How many versions the projects of each user have: most are small, a few are busy. */
const PROJECTS = [20, 50, 100, 200, 500, 1_000, 5_000] as const;
const USERS = 8;

export const users: string[] = Array.from({ length: USERS }, (_, user) => `user-${user}`);
export const projectsOf = (user: string): string[] => PROJECTS.map((size) => `${user}-of-${size}`);
export const VERSIONS: number = USERS * PROJECTS.reduce((sum, size) => sum + size, 0);

// One of twenty failed, one of fifty is deleted, half of those with a number are checkpoints; nothing waits for metadata, which a sweep would queue.
const ROWS = `
  insert into project_versions (project_id, version_id, user_id, prompt, status, created_at, deployed_at, change_type, version_name, version_description,
                                major_version, minor_version, patch_version, metadata_status, artifact_url, preview_url, breaking_risk, auto_classified,
                                files_changed, lines_added, lines_removed, soft_deleted_at)
  select $1, id, $2, repeat('Make the start page of the shop faster. ', 5 + i % 20), status, now() - i * interval '3 hours',
         case when deployed then now() - i * interval '3 hours' + interval '40 seconds' end,
         case when deployed then (array['patch', 'minor', 'patch', 'minor', 'patch', 'major'])[1 + i % 6] end,
         case when deployed then 'Version ' || i end, case when deployed then repeat('What has changed. ', 2 + i % 8) end,
         case when deployed then 1 end, case when deployed then $3 - i end, case when deployed then 0 end,
         case when deployed then 'ready' else 'none' end, case when deployed then 's3://artifacts/' || id end,
         case when deployed then 'https://' || lower(id) || '.preview.example.com' end, case when deployed then 'low' end, case when deployed then true end,
         i % 40, i % 900, i % 300, case when i % 50 = 49 then now() end
    from (select i, i % 20 <> 7 as deployed, case when i % 20 = 7 then 'failed' else 'deployed' end as status,
                 '01J' || upper(lpad(to_hex($4::integer + i), 23, '0')) as id
            from generate_series(1, $3::integer) i) version`;

/** Gives each user projects of every size. As the superuser: without triggers, as their row locks would be too many for one transaction. */
export async function seedHistory(client: pg.Client): Promise<void> {
  await client.query('set session_replication_role = replica');
  let ids = 0;
  for (const user of users)
    for (const [index, project] of projectsOf(user).entries()) {
      const size = PROJECTS[index] ?? 0;
      await client.query(ROWS, [project, user, size, ids]);
      ids += size;
    }
  await client.query('vacuum analyze project_versions');
}
