import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { ProgressBar } from '../../../infra/local/progress.ts';

/** Rows a statement: few enough for a bar that moves. */
const CHUNK = 20_000;

/**
 * How many versions each project has. Project 0 has `big`; of the others, sizes from 1 to 2,000 are drawn by Zipf's law (a size ten times as large is a
 * tenth as frequent).
 */
const PROJECTS = `
  create temp table seed_projects as
  select 0 as project, $1::integer as size, 0.5::float8 as chance
  union all
  select row_number() over (order by i)::integer, least(size, $2::integer - before)::integer, chance
    from (select i, size, chance, sum(size) over (order by i) - size as before
            from (select i, floor(exp(random() * ln(2001)))::integer as size, random() as chance
                    from generate_series(1, $2::integer / 20 + 100) i) drawn) summed
   where before < $2::integer`;

/** 48 bits of time as ten characters of Crockford's base 32: the first part of a ULID. */
const ULID_TIME = Array.from(
  { length: 10 },
  (_, place) =>
    `substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((extract(epoch from created) * 1000)::bigint >> ${45 - 5 * place} & 31)::integer + 1, 1)`,
).join(' || ');

/** Every version in the order of time, in which a project's lie scattered among the others'. */
const VERSIONS = `
  create temp table seed_versions as
  with moments as (
    select project, size, chance, '2023-01-01Z'::timestamptz + random() * interval '900 days' as created,
           random() as a, random() as b, random() as c
      from seed_projects cross join lateral generate_series(1, size)
  ), ordered as (
    select *, row_number() over (order by created) as n, row_number() over (partition by project order by created) as nth
      from moments
  ), named as (
    select *,
           ${ULID_TIME} || upper(substr(md5(n || 'id'), 1, 16)) as id,
           '0192f5a0-0000-7000-8000-' || lpad(project::text, 12, '0') as project_id,
           -- A few projects have had two owners.
           'auth0|5f7c8ec7c33c6c00' || lpad((project % 5000 + case when project % 500 = 7 and nth % 2 = 0 then 5000 else 0 end)::text, 8, '0') as user_id,
           case when a < 0.03 then 'failed' when a > 0.99 then 'building' else 'deployed' end as status
      from ordered
  )
  select *,
         lag(id) over (partition by project order by n) as parent,
         -- Of the deployed, one in nine has lost its metadata on the way.
         (status = 'deployed' and b > 0.11) or (status = 'failed' and b < 0.05) as described,
         -- The last but a few is published; in some projects several are.
         chance < 0.7 and (nth = greatest(1, size - 3) or (chance < 0.04 and nth between size - 6 and size - 4)) as published
    from named`;

const METADATA = `
  insert into project_versions_metadata (
    version_id, project_id, user_id, major_version, minor_version, patch_version, prerelease, version_name, version_description, change_type,
    breaking_risk, auto_classified, classification_confidence, classification_reasoning, parent_version_id, base_version_id, from_recommendation_id,
    files_changed, lines_added, lines_removed, build_duration_ms, git_commit_sha, git_tag, is_published, published_at, published_by_user_id,
    user_comment, soft_deleted_at, created_at
  )
  select id,
         -- Some name another project, some another user.
         case when c > 0.999 then '0192f5a0-0000-7000-8000-other' else project_id end,
         case when c between 0.9985 and 0.999 then 'auth0|somebody-else' else user_id end,
         1 + (nth / 500)::integer,
         -- One number in a hundred was given twice.
         (nth % 500)::integer - case when nth % 100 = 99 then 1 else 0 end, 0,
         case when c < 0.05 then '' when c < 0.06 then 'rc.' || nth % 5 end,
         'Version ' || nth, left(repeat('Adds ' || md5(n::text) || ' and makes it faster. ', 4), 60 + (n % 120)::integer),
         case when a < 0.45 then 'patch' when a < 0.9 then 'minor' when a < 0.95 then 'major' when a < 0.96 then 'rollback'
              when a < 0.97 then ' Minor' when a < 0.971 then 'hotfix' else 'PATCH' end,
         (array['none', 'low', 'medium', 'high', null])[1 + (n % 5)::integer], b not between 0.5 and 0.52,
         round(a::numeric, 2), case when n % 3 = 0 then 'New dependencies: ' || md5(n || 'why') end,
         case when n % 50 = 0 then 'gone' else parent end, case when n % 4 = 0 then parent end, case when n % 7 = 0 then (n % 100)::integer end,
         (n % 40)::integer, (n % 900)::integer, (n % 300)::integer, case when n % 2 = 0 then (n % 60000)::integer end,
         md5(n || 'commit'), case when n % 10 = 0 then 'v' || nth end, published, case when published then created + c * interval '9 days' end,
         case when published then user_id end, case when published and n % 2 = 0 then 'Released' end,
         case when n % 50 = 1 then created + interval '10 days' end, created + interval '5 minutes'
    from seed_versions
   where n > $1 and n <= $2 and described`;

const ORPHANS = `
  insert into project_versions_metadata (version_id, project_id, user_id, version_name, change_type)
  select '7Z' || substr(id, 3), project_id, user_id, 'Without a version', 'minor' from seed_versions where n % 500 = 0`;

const ROWS = `
  insert into project_versions (
    user_id, project_id, version_id, prompt, parent_version_id, preview_url, artifact_url, framework, build_duration_ms, install_duration_ms,
    deploy_duration_ms, output_size_bytes, ai_json, status, node_version, pnpm_version, created_at, updated_at, version_metadata_id,
    artifact_size, artifact_checksum
  )
  select user_id, project_id, id, repeat('Make the start page of the shop ' || md5(n::text) || ' faster. ', 5 + (n % 5)::integer),
         case when n % 2 = 0 then parent end, 'https://' || lower(id) || '.preview.example.com',
         case when status = 'deployed' then 's3://artifacts/' || id end, (array['react', 'astro', 'next'])[1 + (n % 3)::integer],
         case when n % 3 = 0 then (n % 60000)::integer end, (n % 9000)::integer, (n % 4000)::integer, (n % 5000000)::integer,
         case when n % 5 = 0 then jsonb_build_object('model', 'a-model', 'tokens', n % 4000, 'note', md5(n || 'note')) end,
         status, '22.1.0', '9.1.0', case when b < 0.9995 then created end, created + a * interval '10 minutes',
         case when described and c < 0.8 then id end, case when status = 'deployed' then n % 5000000 end,
         case when status = 'deployed' then md5(n::text) || md5(n || 'sum') end
    from seed_versions
   where n > $1 and n <= $2`;

/** The indexes the old code needs for its list and for publishing; the baseline has the keys alone. */
const INDEXES = [
  'create index project_versions_of_project on project_versions (project_id, created_at desc)',
  'create index project_versions_metadata_of_project on project_versions_metadata (project_id)',
];

/**
 * Makes the old system's tables of an empty database, with `versions` of them; the same seed makes the same rows. 100,000 (or a twentieth) belong to one
 * project. 85 % have metadata; of the odd things old databases hold there are some of each.
 */
export async function seed(owner: pg.Client, versions: number, seedNumber: number): Promise<void> {
  const big = Math.min(100_000, Math.floor(versions / 20));
  await owner.query(await readFile('test/support/old-tables.sql', 'utf8'));
  // Checked at the end, all at once.
  await owner.query('alter table project_versions drop constraint project_versions_version_metadata_id_fkey');
  // A draw is repeatable when one process draws.
  await owner.query('set max_parallel_workers_per_gather = 0');
  await owner.query(`set work_mem = '256MB'`);
  await owner.query('select setseed($1::float8)', [(seedNumber % 1_000_000) / 1_000_000]);
  await owner.query(PROJECTS, [big, versions - big]);
  await owner.query(VERSIONS);
  await owner.query('analyze seed_versions');
  await owner.query('create index on seed_versions (n)');
  const bar = new ProgressBar('versions as the old system left them', versions, process.stderr);
  for (let from = 0; from < versions; from += CHUNK) {
    const to = Math.min(versions, from + CHUNK);
    await owner.query(METADATA, [from, to]);
    await owner.query(ROWS, [from, to]);
    bar.tick(to - from);
  }
  await owner.query(ORPHANS);
  await owner.query(`alter table project_versions add constraint project_versions_version_metadata_id_fkey
    foreign key (version_metadata_id) references project_versions_metadata (version_id)`);
  for (const index of INDEXES) await owner.query(index);
  await owner.query('vacuum analyze project_versions, project_versions_metadata');
}
