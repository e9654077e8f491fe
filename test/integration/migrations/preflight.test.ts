import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LegacyDatabase, legacyDatabase, legacyTables } from '../../support/legacy-database.ts';
import { files } from '../../support/migration-files.ts';

let db: LegacyDatabase;
beforeEach(async () => {
  db = await legacyDatabase();
});
afterEach(() => db.close());

/** Before anything is changed the preflight says what is missing. */
const failing = async () => {
  const failure = await db.migrate({ migrations: await files('create table a ()') }).catch((error: Error) => error);
  expect((await db.rows(`select to_regnamespace('version_history') is not null as it`))[0]?.it).toBe(false);
  return (failure as Error).message;
};

test('a table that belongs to another role', async () => {
  const owner = `owner_${db.test.user}`;
  await db.admin.query(
    `create role ${owner}; create table project_versions_metadata (version_id text unique); alter table project_versions_metadata owner to ${owner}`,
  );
  expect(await failing()).toBe(
    `role "${db.test.user}" must own table public.project_versions_metadata, its owner is "${owner}": run, as "${owner}" or an ` +
      `administrator, grant "${owner}" to "${db.test.user}" (or configure the secret of the owner)`,
  );
  // And what it says helps.
  await db.admin.query(`grant ${owner} to ${db.test.user}`);
  // Without project_versions there is nothing to take over.
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
  const message = await failing();
  expect(message).toMatch(/^nothing was changed, 4 things are in the way:/);
  for (const column of ['user_id', 'prompt', 'status', 'created_at'])
    expect(message).toContain(
      `- public.project_versions.${column} is missing (it is not the table this product knows without it)`,
    );
});

test('five wrong columns, a taken name and values past their bounds: all at once, each with what mends it, which helps', async () => {
  await db.owner.query(await legacyTables());
  await db.owner.query(`
    alter table project_versions_metadata
      alter column version_name type jsonb using to_jsonb(version_name),
      alter column major_version drop default, alter column major_version type text,
      alter column is_published drop default, alter column is_published type text,
      alter column published_at type bigint using extract(epoch from published_at)::bigint;
    alter table project_versions alter column user_id type uuid using user_id::uuid;
    create table numbers (a integer); create index project_versions_numbers on numbers (a)`);
  const before = await db.rows(
    `select attrelid::regclass::text, attname, atttypid from pg_attribute where attrelid::regclass::text like 'project%' order by 1, 2`,
  );
  const message = await failing();
  expect(message.split('\n')).toEqual([
    'nothing was changed, 6 things are in the way:',
    '- index public.project_versions_numbers has a name this product needs: run alter index public.project_versions_numbers rename to project_versions_numbers_of_another',
    '- public.project_versions.user_id is uuid: accepted is text or varchar, or a domain over one of them; run alter table public.project_versions alter column "user_id" type text using "user_id"::text::text',
    '- public.project_versions_metadata.major_version is text: accepted is smallint, integer or bigint; run alter table public.project_versions_metadata alter column "major_version" type integer using "major_version"::text::integer',
    '- public.project_versions_metadata.version_name is jsonb: accepted is char, varchar, text or an enum; run alter table public.project_versions_metadata alter column "version_name" type text using "version_name" #>> \'{}\'',
    '- public.project_versions_metadata.is_published is text: accepted is boolean, or an integer of 0 and 1; run alter table public.project_versions_metadata alter column "is_published" type boolean using "is_published"::text::boolean',
    expect.stringMatching(
      /^- public.project_versions_metadata.published_at is bigint: accepted is timestamptz, timestamp \(in UTC\) or date; run alter/,
    ),
  ]);
  expect(
    await db.rows(
      `select attrelid::regclass::text, attname, atttypid from pg_attribute where attrelid::regclass::text like 'project%' order by 1, 2`,
    ),
  ).toEqual(before);
  for (const [, statement] of message.matchAll(/(?:run )(alter .*)$/gm)) await db.owner.query(statement ?? '');
  await db.owner.query(`
    insert into project_versions (version_id, project_id, user_id, prompt, status) values ('a', 'p', 'u', '', 'deployed');
    alter table project_versions_metadata alter column classification_confidence type numeric;
    insert into project_versions_metadata (version_id, project_id, user_id, change_type, classification_confidence, major_version)
    values ('a', 'p', 'u', 'minor', 85, 1)`);
  expect(await failing()).toBe(
    'public.project_versions_metadata.classification_confidence is numeric (1 rows hold something else): accepted is values from 0 to 1; ' +
      'run update public.project_versions_metadata set "classification_confidence" = "classification_confidence" / 100 where "classification_confidence" > 1',
  );
  await db.owner.query(
    'update project_versions_metadata set classification_confidence = classification_confidence / 100',
  );
  expect(await db.migrate()).toMatchObject({ complete: true });
  expect(await db.version('a')).toMatchObject({
    classification_confidence: expect.stringMatching(/^0.850*$/),
    major_version: 1,
  });
});

test('row-level security that binds the owner is bound again where the rows are refused', async () => {
  await db.owner.query(await legacyTables());
  await db.owner.query(`
    alter table project_versions_metadata alter column classification_confidence type numeric;
    insert into project_versions_metadata (version_id, project_id, user_id, change_type, classification_confidence) values ('a', 'p', 'u', 'minor', 85);
    create policy nobody on project_versions_metadata using (false);
    alter table project_versions_metadata enable row level security; alter table project_versions_metadata force row level security`);
  expect(await failing()).toContain('1 rows hold something else');
  expect(
    await db.rows(`select relforcerowsecurity as forced from pg_class where relname = 'project_versions_metadata'`),
  ).toEqual([{ forced: true }]);
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
