import { afterEach, describe, expect, test } from 'vitest';
import { conserved } from '../../support/conserved.ts';
import { legacyMetadata, legacyPublications, legacyVersions } from '../../support/legacy-data.ts';
import { type LegacyDatabase, legacyDatabase, legacyTables } from '../../support/legacy-database.ts';
import {
  dropPublicationColumns,
  earlierBackups,
  forcedRowSecurity,
  foreignKeys,
  idAsPrimaryKey,
  phaseTwo,
  phaseTwoWider,
  touchUpdatedAt,
} from '../../support/legacy-shapes.ts';

let db: LegacyDatabase;
afterEach(() => db?.close());

const migrated = () => conserved(db, async () => db.migrate());

test('a database without tables gets them, empty', async () => {
  db = await legacyDatabase();
  expect(await db.migrate()).toMatchObject({ complete: true });
  expect(await db.rows('select * from project_versions')).toEqual([]);
  expect(await db.rows('select * from project_versions_backup')).toEqual([]);
  expect(await db.findings()).toEqual([]);
});

test('both tables empty', async () => {
  db = await legacyDatabase(await legacyTables());
  await migrated();
  expect(await db.findings()).toEqual([]);
});

test('several published versions: the latest stays, a deleted one only alone', async () => {
  db = await legacyDatabase(await legacyTables(), legacyVersions, legacyMetadata, legacyPublications);
  await migrated();
  expect(await db.rows(`select version_id from project_versions where is_published order by 1`)).toEqual([
    { version_id: '01AAAAAAAAAAAAAAAAAAAAAA02' },
    { version_id: '01CCCCCCCCCCCCCCCCCCCCCC01' },
  ]);
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({
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
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA02')).toMatchObject({
    is_published: false,
    published_at: null,
    user_comment: null,
    soft_deleted_at: null,
    version_name: 'Second',
    metadata_status: 'ready',
  });
});

test('id as primary key, version_id unique', async () => {
  db = await legacyDatabase(await legacyTables(), idAsPrimaryKey, legacyVersions, legacyMetadata);
  await migrated();
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({ version_name: 'First' });
  expect(
    await db.rows(`select conname from pg_constraint where conrelid = 'project_versions'::regclass and contype = 'p'
                          and conkey = array[(select attnum from pg_attribute where attrelid = conrelid and attname = 'id')]`),
  ).toHaveLength(1);
});

test('foreign keys in both directions stay, and bind', async () => {
  db = await legacyDatabase(await legacyTables(), legacyVersions, legacyMetadata, foreignKeys);
  await migrated();
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({
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
      touchUpdatedAt(name),
    );
    await migrated();
    expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({
      deployed_at: new Date('2024-01-01T11:00Z'),
    });
    expect(await db.rows(`select tgname from pg_trigger where tgname = '${name}' and tgenabled = 'O'`)).toHaveLength(1);
    await db.owner.query(`update project_versions set prompt = 'x' where version_id = 'short'`);
    expect(await db.version('short')).not.toMatchObject({ updated_at: new Date('2024-02-02Z') });
  },
);

test('row-level security, forced: everything is carried over, the policies stay, the list is visible', async () => {
  db = await legacyDatabase(await legacyTables(), legacyVersions, legacyMetadata, forcedRowSecurity);
  // Through the policies the owner sees nothing at all: a careless backup would be empty.
  expect(await db.rows('select * from project_versions')).toEqual([]);
  expect(await db.migrate()).toMatchObject({ complete: true });

  expect(await db.rows('select count(*)::integer as n from project_versions_backup')).toEqual([{ n: 16 }]);
  expect(await db.rows('select count(*)::integer as n from project_versions_metadata_backup')).toEqual([{ n: 10 }]);
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({ version_name: 'First' });
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
  db = await legacyDatabase(await legacyTables(), legacyVersions, legacyMetadata, earlierBackups);
  await migrated();
  expect(await db.rows('select * from project_versions_backup_earlier')).toHaveLength(7);
  expect(await db.rows('select * from project_versions_metadata_backup_earlier')).toEqual([]);
});

describe("the plan's phase 2 done already", () => {
  test('columns are there, nothing was copied', async () => {
    db = await legacyDatabase(await legacyTables(), legacyVersions, phaseTwo, legacyMetadata, legacyPublications);
    await db.owner.query(`update project_versions set is_published = null where version_id = 'short'`);
    await migrated();
    expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA02')).toMatchObject({
      is_published: true,
      version_name: 'Second',
      metadata_status: 'ready',
    });
    expect(await db.version('short')).toMatchObject({ is_published: false });
    await expect(db.owner.query(`update project_versions set is_published = null`)).rejects.toThrow(/not-null/);
  });

  test('with other widths', async () => {
    db = await legacyDatabase(await legacyTables(), legacyVersions, phaseTwoWider, legacyMetadata, legacyPublications);
    await migrated();
    expect(
      await db.rows(`select version_name from version_rows where version_id = '01AAAAAAAAAAAAAAAAAAAAAA02'`),
    ).toEqual([{ version_name: 'Second' }]);
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
    expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA02')).toMatchObject({
      major_version: 4,
      minor_version: 5,
      patch_version: 6,
      prerelease: null,
      version_name: 'Newer',
      version_description: 'The second one',
    });
    // Unpublished in the new table after it was published in the old one.
    expect(await db.version('01CCCCCCCCCCCCCCCCCCCCCC01')).toMatchObject({ is_published: false });
    expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA03')).toMatchObject({
      major_version: 9,
      change_type: null,
      metadata_status: 'ready',
    });
    expect(await db.findings()).toContainEqual({ kind: 'unknown_change_type', id: '01AAAAAAAAAAAAAAAAAAAAAA03' });
  });
});
