import { afterEach, describe, expect, test } from 'vitest';
import { legacyMetadata, legacyPublications, legacyVersions } from '../../support/legacy-data.ts';
import { consolidation, type LegacyDatabase, legacyDatabase, legacyTables } from '../../support/legacy-database.ts';

let db: LegacyDatabase;
afterEach(() => db?.close());

const dropPublicationColumns = `alter table project_versions_metadata drop column is_published, drop column published_at,
  drop column published_by_user_id, drop column user_comment, drop column soft_deleted_at`;
const phaseTwo = `alter table project_versions
  add column is_published boolean default false, add column published_at timestamptz, add column published_by_user_id text,
  add column user_comment text, add column version_name varchar(100), add column version_description text,
  add column change_type varchar(10), add column major_version integer, add column minor_version integer,
  add column patch_version integer, add column prerelease text, add column breaking_risk text,
  add column auto_classified boolean, add column classification_confidence numeric(3,2), add column classification_reasoning text`;

/** Migrates and checks what holds on every shape: backups are what was, and no column that was there has another value. */
async function migrated(): Promise<void> {
  const snapshot = (table: string) =>
    db.rows<{ row: Record<string, unknown> }>(`select to_jsonb(t) as row from ${table} t order by version_id`);
  const [versions, metadata] = [await snapshot('project_versions'), await snapshot('project_versions_metadata')];

  expect(await db.migrate({ migrations: await consolidation() })).toMatchObject({ complete: true });

  expect(await snapshot('project_versions_backup')).toEqual(versions);
  expect(await snapshot('project_versions_metadata_backup')).toEqual(metadata);
  expect(await snapshot('project_versions_metadata')).toEqual(metadata);
  const after = await snapshot('project_versions');
  expect(after).toHaveLength(versions.length);
  for (const [index, { row: before }] of versions.entries()) {
    // Known values stay; nothing is known about a null.
    const known = Object.fromEntries(Object.entries(before).filter(([, value]) => value !== null));
    const mended = ['is_published', 'change_type'].filter((column) => known[column] !== after[index]?.row[column]);
    for (const column of mended) delete known[column];
    expect(after[index]?.row).toMatchObject(known);
  }
}

const version = async (id: string) => {
  const [row] = await db.rows(`select * from project_versions where version_id = '${id}'`);
  return row;
};
const findings = async () =>
  db.rows<{ kind: string; id: string | null }>(
    `select kind, coalesce(version_id, project_id) as id from project_versions_consolidation_report order by 1, 2`,
  );

test('a database without tables gets them, empty', async () => {
  db = await legacyDatabase();
  expect(await db.migrate({ migrations: await consolidation() })).toMatchObject({ complete: true });
  expect(await db.rows('select * from project_versions')).toEqual([]);
  expect(await db.rows('select * from project_versions_backup')).toEqual([]);
  expect(await findings()).toEqual([]);
});

test('both tables empty', async () => {
  db = await legacyDatabase(await legacyTables());
  await migrated();
  expect(await findings()).toEqual([]);
});

describe('both tables filled', () => {
  test('every column of the metadata arrives, and only where it belongs', async () => {
    db = await legacyDatabase(await legacyTables(), legacyVersions, legacyMetadata, legacyPublications);
    await migrated();

    expect(await version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({
      major_version: 0,
      minor_version: 3,
      patch_version: 2,
      prerelease: null,
      version_name: 'First',
      version_description: 'The first one',
      change_type: 'minor',
      breaking_risk: 'low',
      auto_classified: true,
      classification_confidence: '0.90',
      classification_reasoning: 'new page',
      base_version_id: null,
      from_recommendation_id: 7,
      files_changed: 12,
      lines_added: 340,
      lines_removed: 5,
      git_commit_sha: 'c0ffee',
      git_tag: 'v0.3.2',
      build_duration_ms: 900,
      published_at: new Date('2024-06-01T10:00:00.123Z'),
      published_by_user_id: 'ada',
      user_comment: 'old',
      deployed_at: new Date('2024-01-01T11:00Z'),
      updated_at: new Date('2024-01-01T11:00Z'),
      metadata_status: 'ready',
      metadata_error: null,
    });
    expect(await version('01AAAAAAAAAAAAAAAAAAAAAA02')).toMatchObject({
      major_version: 1,
      prerelease: 'rc.1',
      auto_classified: false,
      build_duration_ms: 700,
      is_published: true,
      parent_version_id: '01AAAAAAAAAAAAAAAAAAAAAA01',
      base_version_id: '01AAAAAAAAAAAAAAAAAAAAAA01',
      files_changed: 0,
      soft_deleted_at: null,
    });
    expect(await version('short')).toMatchObject({
      major_version: 1,
      minor_version: 2,
      patch_version: 3,
      prerelease: null,
      change_type: 'patch',
      base_version_id: 'short-base',
      parent_version_id: null,
    });
    // character(26) cuts what is longer: the first 26 characters of this id are another version's.
    expect(await version('01AAAAAAAAAAAAAAAAAAAAAA01-and-longer')).toMatchObject({
      version_name: null,
      metadata_status: 'none',
    });
  });

  test('what has no metadata stays visible, without an invented number and without being queued', async () => {
    db = await legacyDatabase(await legacyTables(), legacyVersions, legacyMetadata);
    await migrated();
    const nothing = {
      major_version: null,
      change_type: null,
      files_changed: null,
      metadata_status: 'none',
      is_published: false,
    };
    expect(await version('01AAAAAAAAAAAAAAAAAAAAAA03')).toMatchObject({
      ...nothing,
      deployed_at: new Date('2024-01-03T10:30Z'),
    });
    expect(await version('01AAAAAAAAAAAAAAAAAAAAAA04')).toMatchObject({ ...nothing, deployed_at: null });
    expect(await version('01AAAAAAAAAAAAAAAAAAAAAA05')).toMatchObject({ ...nothing, deployed_at: null });
    expect(await version('01AAAAAAAAAAAAAAAAAAAAAA06')).toMatchObject({
      ...nothing,
      created_at: new Date('2024-01-06T10:00Z'),
    });
    await db.owner.query(
      `insert into project_versions (version_id, project_id, user_id, prompt, status) values ('new', 'p', 'u', 'x', 'building')`,
    );
    expect(await version('new')).toMatchObject({ metadata_status: 'pending', is_published: false });
    await expect(db.owner.query(`update project_versions set created_at = null`)).rejects.toThrow(/not-null/);
    await expect(db.owner.query(`update project_versions set change_type = 'hotfix'`)).rejects.toThrow(
      /change_type_known/,
    );
    await expect(db.owner.query(`update project_versions set metadata_status = 'x'`)).rejects.toThrow(/status_known/);
  });

  test('what does not fit is listed and kept, not skipped in silence', async () => {
    db = await legacyDatabase(await legacyTables(), legacyVersions, legacyMetadata, legacyPublications);
    await migrated();
    expect(await findings()).toEqual([
      { kind: 'equal_numbers', id: '01CCCCCCCCCCCCCCCCCCCCCC01' },
      { kind: 'mismatched_metadata', id: '01BBBBBBBBBBBBBBBBBBBBBB01' },
      { kind: 'mismatched_metadata', id: '01BBBBBBBBBBBBBBBBBBBBBB02' },
      { kind: 'orphaned_metadata', id: '01FFFFFFFFFFFFFFFFFFFFFF01' },
      { kind: 'several_owners', id: 'p-owners' },
      { kind: 'several_published', id: '01AAAAAAAAAAAAAAAAAAAAAA01' },
      { kind: 'several_published', id: '01CCCCCCCCCCCCCCCCCCCCCC02' },
      { kind: 'unknown_change_type', id: '01EEEEEEEEEEEEEEEEEEEEEE02' },
    ]);
    // Somebody else's text is not applied, nor is their publication.
    for (const id of ['01BBBBBBBBBBBBBBBBBBBBBB01', '01BBBBBBBBBBBBBBBBBBBBBB02'])
      expect(await version(id)).toMatchObject({ version_name: null, is_published: false, metadata_status: 'none' });
    expect(await version('01EEEEEEEEEEEEEEEEEEEEEE01')).toMatchObject({ change_type: 'rollback' });
    expect(await version('01EEEEEEEEEEEEEEEEEEEEEE02')).toMatchObject({ change_type: null, patch_version: 1 });
  });
});

test('several published versions: the latest stays, a deleted one only alone', async () => {
  db = await legacyDatabase(await legacyTables(), legacyVersions, legacyMetadata, legacyPublications);
  await migrated();
  expect(await db.rows(`select version_id from project_versions where is_published order by 1`)).toEqual([
    { version_id: '01AAAAAAAAAAAAAAAAAAAAAA02' },
    { version_id: '01CCCCCCCCCCCCCCCCCCCCCC01' },
  ]);
  expect(await version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({
    is_published: false,
    published_by_user_id: 'ada',
  });
  await expect(
    db.owner.query(`update project_versions set is_published = true where project_id = 'p-plain'`),
  ).rejects.toThrow(/project_versions_one_published/);
});

test('a metadata table without the publication columns', async () => {
  db = await legacyDatabase(await legacyTables(), dropPublicationColumns, legacyVersions, legacyMetadata);
  await migrated();
  expect(await version('01AAAAAAAAAAAAAAAAAAAAAA02')).toMatchObject({
    is_published: false,
    published_at: null,
    user_comment: null,
    soft_deleted_at: null,
    version_name: 'Second',
    metadata_status: 'ready',
  });
});

test('id as primary key, version_id unique', async () => {
  db = await legacyDatabase(
    await legacyTables(),
    `alter table project_versions drop constraint project_versions_pkey, add primary key (id), add unique (version_id)`,
    legacyVersions,
    legacyMetadata,
  );
  await migrated();
  expect(await version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({ version_name: 'First' });
  expect(
    await db.rows(`select conname from pg_constraint where conrelid = 'project_versions'::regclass and contype = 'p'
                          and conkey = array[(select attnum from pg_attribute where attrelid = conrelid and attname = 'id')]`),
  ).toHaveLength(1);
});

test('foreign keys in both directions stay, and bind', async () => {
  db = await legacyDatabase(
    await legacyTables(),
    legacyVersions,
    legacyMetadata,
    `create table deployments (version_id text references project_versions (version_id));
     insert into deployments values ('01AAAAAAAAAAAAAAAAAAAAAA01');
     alter table project_versions add constraint parent_exists foreign key (parent_version_id) references project_versions (version_id);
     update project_versions v set version_metadata_id = m.version_id from project_versions_metadata m
      where m.version_id::text = v.version_id`,
  );
  await migrated();
  expect(await version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({
    version_metadata_id: '01AAAAAAAAAAAAAAAAAAAAAA01',
  });
  await expect(db.owner.query(`delete from project_versions_metadata`)).rejects.toThrow(/version_metadata_id_fkey/);
  await expect(db.owner.query(`delete from project_versions where version_id like '01A%01'`)).rejects.toThrow(
    /deployments/,
  );
});

test.each([['touch_updated_at'], ['zzz_touch_updated_at']])(
  'an updated_at trigger named %s does not move it, and works as before afterwards',
  async (name) => {
    db = await legacyDatabase(
      await legacyTables(),
      legacyVersions,
      legacyMetadata,
      legacyPublications,
      `create function touch() returns trigger language plpgsql as $$ begin new.updated_at := now(); return new; end $$;
     create trigger ${name} before update on project_versions for each row execute function touch()`,
    );
    await migrated();
    expect(await version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({ deployed_at: new Date('2024-01-01T11:00Z') });
    expect(await db.rows(`select tgname from pg_trigger where not tgisinternal`)).toEqual([{ tgname: name }]);
    await db.owner.query(`update project_versions set prompt = 'x' where version_id = 'short'`);
    expect(await version('short')).not.toMatchObject({ updated_at: new Date('2024-02-02Z') });
  },
);

test('row-level security, forced: everything is carried over, the policies stay, the list is visible', async () => {
  db = await legacyDatabase(
    await legacyTables(),
    legacyVersions,
    legacyMetadata,
    ...['project_versions', 'project_versions_metadata'].map(
      (table) => `
        create policy own_rows on ${table} using (user_id = current_setting('app.user_id', true));
        alter table ${table} enable row level security;
        alter table ${table} force row level security`,
    ),
  );
  // Through the policies the owner sees nothing at all: a careless backup would be empty.
  expect(await db.rows('select * from project_versions')).toEqual([]);
  expect(await db.migrate({ migrations: await consolidation() })).toMatchObject({ complete: true });

  expect(await db.rows('select count(*)::integer as n from project_versions_backup')).toEqual([{ n: 16 }]);
  expect(await db.rows('select count(*)::integer as n from project_versions_metadata_backup')).toEqual([{ n: 10 }]);
  expect(await version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({ version_name: 'First' });
  expect(
    await db.rows(`select relname, relrowsecurity, relforcerowsecurity from pg_class
                    where relname in ('project_versions', 'project_versions_metadata') and relkind = 'r' order by 1`),
  ).toEqual([
    { relname: 'project_versions', relrowsecurity: true, relforcerowsecurity: false },
    { relname: 'project_versions_metadata', relrowsecurity: true, relforcerowsecurity: false },
  ]);
  expect(await db.rows(`select tablename from pg_policies where policyname = 'own_rows' order by 1`)).toHaveLength(2);
});

test('a copy of the rows is not readable by roles that default privileges open new tables to', async () => {
  db = await legacyDatabase(await legacyTables(), legacyVersions);
  const reader = `reader_${db.test.user}`;
  await db.admin.query(`create role ${reader}; grant ${reader} to ${db.test.user}`);
  await db.owner.query(`alter default privileges grant select on tables to ${reader}`);
  await migrated();
  await db.owner.query(`set role ${reader}`);
  expect(await db.rows('select * from project_versions_backup')).toEqual([]);
  await db.owner.query('reset role');
  await db.owner.query(`drop owned by ${reader}`);
  await db.admin.query(`drop owned by ${reader}; drop role ${reader}`);
});

test('backups of an earlier attempt are set aside, not dropped and not taken for ours', async () => {
  db = await legacyDatabase(
    await legacyTables(),
    legacyVersions,
    legacyMetadata,
    `create table project_versions_backup as select version_id from project_versions limit 7;
     create table project_versions_metadata_backup as select * from project_versions_metadata where false`,
  );
  await migrated();
  expect(await db.rows('select * from project_versions_backup_earlier')).toHaveLength(7);
  expect(await db.rows('select * from project_versions_metadata_backup_earlier')).toEqual([]);
});

describe("the plan's phase 2 done already", () => {
  test('columns are there, nothing was copied', async () => {
    db = await legacyDatabase(await legacyTables(), legacyVersions, phaseTwo, legacyMetadata, legacyPublications);
    await db.owner.query(`update project_versions set is_published = null where version_id = 'short'`);
    await migrated();
    expect(await version('01AAAAAAAAAAAAAAAAAAAAAA02')).toMatchObject({
      is_published: true,
      version_name: 'Second',
      metadata_status: 'ready',
    });
    expect(await version('short')).toMatchObject({ is_published: false });
    await expect(db.owner.query(`update project_versions set is_published = null`)).rejects.toThrow(/not-null/);
  });

  test('values of the new table win, column by column; a number is one value', async () => {
    db = await legacyDatabase(await legacyTables(), legacyVersions, phaseTwo, legacyMetadata, legacyPublications);
    await db.owner.query(`
      update project_versions set major_version = 4, minor_version = 5, patch_version = 6, version_name = 'Newer'
       where version_id = '01AAAAAAAAAAAAAAAAAAAAAA02';
      update project_versions set is_published = false, published_at = '2024-09-01Z', published_by_user_id = 'ada'
       where version_id = '01CCCCCCCCCCCCCCCCCCCCCC01';
      update project_versions set major_version = 9, minor_version = 0, patch_version = 0, change_type = 'feature'
       where version_id = '01AAAAAAAAAAAAAAAAAAAAAA03'`);
    await migrated();
    expect(await version('01AAAAAAAAAAAAAAAAAAAAAA02')).toMatchObject({
      major_version: 4,
      minor_version: 5,
      patch_version: 6,
      prerelease: null,
      version_name: 'Newer',
      version_description: 'The second one',
    });
    // Unpublished in the new table after it was published in the old one.
    expect(await version('01CCCCCCCCCCCCCCCCCCCCCC01')).toMatchObject({ is_published: false });
    expect(await version('01AAAAAAAAAAAAAAAAAAAAAA03')).toMatchObject({
      major_version: 9,
      change_type: null,
      metadata_status: 'ready',
    });
    expect(await findings()).toContainEqual({ kind: 'unknown_change_type', id: '01AAAAAAAAAAAAAAAAAAAAAA03' });
  });
});
