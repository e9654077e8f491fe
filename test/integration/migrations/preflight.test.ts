import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LegacyDatabase, legacyDatabase } from '../../support/legacy-database.ts';
import { files } from '../../support/migration-files.ts';

let db: LegacyDatabase;
beforeEach(async () => {
  db = await legacyDatabase();
});
afterEach(() => db.close());

/** Before anything is changed the preflight says what is missing. */
const failing = async () => {
  const failure = await db.migrate({ migrations: await files('create table a ()') }).catch((error: Error) => error);
  expect((await db.rows(`select to_regclass('project_versions_migrations') is not null as it`))[0]?.it).toBe(false);
  return (failure as Error).message;
};

test('a table that belongs to another role', async () => {
  const owner = `owner_${db.test.user}`;
  await db.admin.query(
    `create role ${owner}; create table project_versions_metadata (); alter table project_versions_metadata owner to ${owner}`,
  );
  expect(await failing()).toBe(
    `role "${db.test.user}" must own table public.project_versions_metadata, its owner is "${owner}": run, as "${owner}" or an ` +
      `administrator, grant "${owner}" to "${db.test.user}" (or configure the secret of the owner)`,
  );
  // And what it says helps.
  await db.admin.query(
    `drop table project_versions_metadata; create table project_versions_backup (); alter table project_versions_backup owner to ${owner}`,
  );
  await db.admin.query(`grant ${owner} to ${db.test.user}`);
  expect(await db.migrate()).toMatchObject({ complete: true });
  await db.admin.query(`drop owned by ${owner}; drop role ${owner}`);
});

test('a schema it may not create in', async () => {
  await db.admin.query(`alter schema public owner to postgres; revoke all on schema public from public`);
  expect(await failing()).toMatch(
    /^role "\w+" may not create tables in schema public .* grant usage, create on schema public to "\w+"$/,
  );
});

test('no schema', async () => {
  await db.admin.query('drop schema public');
  const failure = await db.migrate().catch((error: Error) => error);
  expect((failure as Error).message).toMatch(/has no schema public: create it \(create schema public authorization/);
});

test('a view of that name', async () => {
  await db.owner.query('create view project_versions as select 1 as version_id');
  expect(await failing()).toBe(
    'public.project_versions is not an ordinary table (relkind v): rename it, or use another database',
  );
});

test('another table of that name', async () => {
  await db.owner.query('create table project_versions (version_id text primary key, project_id text)');
  expect(await failing()).toMatch(
    /^table public.project_versions has no column user_id, status, prompt, created_at, updated_at: it is not/,
  );
});

test('a metadata table without a key', async () => {
  await db.owner.query(`create table project_versions_metadata (version_id character(26), project_id text, user_id text, major_version integer,
                            change_type text, base_version_id text)`);
  expect(await failing()).toMatch(
    /public.project_versions_metadata has no unique key on version_id: run create unique/,
  );
});

test('version_id without a unique key', async () => {
  await db.owner.query(`create table project_versions (version_id text, project_id text, user_id text, status text, prompt text,
                            created_at timestamptz, updated_at timestamptz)`);
  expect(await failing()).toMatch(/no unique key on version_id: run create unique index concurrently/);
});
