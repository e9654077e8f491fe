import type pg from 'pg';

/** Who owns what: ids as long as they are in life, a UUID and an identity provider's subject. */
export interface Tenant {
  project: string;
  user: string;
}

const project = (number: number): string => `0192f5a0-0000-7000-8000-${String(number).padStart(12, '0')}`;
const user = (number: number): string => `auth0|5f7c8ec7c33c6c00${String(number).padStart(8, '0')}`;
const tenant = (number: number): Tenant => ({ project: project(number), user: user(number) });

/**
 * 500,000 versions of 300 bytes: `busy` has 100,000, half of them checkpoints and 3 % deleted; the next three are as unlike what a view
 * shows as can be: nothing but checkpoints, deleted versions, versions of another owner, above the 40 oldest. `small` is one of
 * 2,800 projects whose 100 versions each lie scattered among the others'.
 */
export const busy = tenant(1);
export const checkpointed = tenant(2);
export const cleared = tenant(3);
export const shared = tenant(4);
export const small = tenant(1_007);

const CREATED = `'2026-01-01'::timestamptz + n * interval '10 seconds'`;

/** Fills an empty table, as its owner, in seconds: indexes come after the rows, and nothing is written for a crash. */
export async function seedBusyHistory(owner: pg.Client): Promise<void> {
  const indexes = await owner.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass as name, pg_get_indexdef(i.indexrelid) as definition
       from pg_index i
      where i.indrelid = 'project_versions'::regclass
        and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
      order by i.indexrelid`,
  );
  await owner.query(`set maintenance_work_mem = '256MB'`);
  // Without a log the rows are in in half the time; what refers to a table without one has to be without one too.
  await owner.query('alter table version_history.recommendations set unlogged');
  await owner.query('alter table project_versions set unlogged');
  // A vacuum of its own accord in between would decide what is measured.
  await owner.query('alter table project_versions set (autovacuum_enabled = off)');
  for (const { name } of indexes.rows) await owner.query(`drop index ${name}`);
  await owner.query(
    `insert into project_versions (project_id, user_id, version_id, prompt, status, metadata_status, created_at, deployed_at, artifact_url,
                                   change_type, soft_deleted_at, is_published, version_name, version_description, major_version, minor_version, patch_version)
     select '0192f5a0-0000-7000-8000-' || lpad(owned::text, 12, '0'),
            'auth0|5f7c8ec7c33c6c00' || lpad((case when kind = 'shared' and i > 40 then 5 else owned end)::text, 8, '0'),
            '01JM' || lpad(n::text, 22, '0'), 'prompt', 'deployed', 'ready', ${CREATED}, ${CREATED}, 's3://artifacts/' || n,
            case when kind = 'checkpointed' then case when i > 40 then 'patch' else 'minor' end
                 when i % 200 = 1 then 'major' when i % 2 = 0 then 'patch' else 'minor' end,
            case when kind = 'cleared' and i > 40 or kind = 'busy' and i % 33 = 0 then ${CREATED} end,
            kind = 'busy' and i = 77777, 'Version ' || i, repeat('text ', 4), 1, i, 0
       from (select 'busy' as kind, 1 as owned, i, i as n from generate_series(1, 100000) i
             union all select 'checkpointed', 2, i, 100000 + i from generate_series(1, 50000) i
             union all select 'cleared', 3, i, 150000 + i from generate_series(1, 50000) i
             union all select 'shared', 4, i, 200000 + i from generate_series(1, 20000) i
             union all select 'small', 1000 + i % 2800, 1 + i / 2800, 220000 + i from generate_series(1, 280000) i) seeds`,
  );
  for (const { definition } of indexes.rows) await owner.query(definition);
  await owner.query('analyze project_versions');
  await vacuum(owner);
}

/** A page that is being written out while vacuum comes by is left for the next one. */
async function vacuum(owner: pg.Client): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await owner.query('vacuum project_versions');
    const { rows } = await owner.query(
      `select relallvisible = relpages as done from pg_class where oid = 'project_versions'::regclass`,
    );
    if (rows[0].done) return;
  }
}

/** Changes 2 % of the busy project's versions, spread evenly, in the way a person's edit does. */
export async function editTwoPercent(owner: pg.Client): Promise<number> {
  const { rowCount } = await owner.query(
    `update project_versions
        set version_name = 'Edited', auto_classified = false, updated_at = now()
      where project_id = $1 and hashtext(version_id) % 50 = 0`,
    [busy.project],
  );
  return rowCount ?? 0;
}
