import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { conserved } from '../../support/conserved.ts';
import { wrongWith } from '../../support/integrity.ts';
import { legacyMetadata, legacyPublications, legacyVersions } from '../../support/legacy-data.ts';
import { type LegacyDatabase, legacyDatabase, legacyTables } from '../../support/legacy-database.ts';
import {
  consolidated,
  dropPublicationColumns,
  earlierBackups,
  forcedRowSecurity,
  foreignKeys,
  idAsPrimaryKey,
  phaseTwo,
  phaseTwoWider,
  touchUpdatedAt,
} from '../../support/legacy-shapes.ts';
import { catalogOf, strangeIn } from '../../support/own-catalog.ts';

let db: LegacyDatabase;
/** A database for one test. */
async function made(...statements: string[]): Promise<void> {
  db = await legacyDatabase(...statements);
  onTestFinished(() => db.close());
}

const migrated = (database = db) => conserved(database, async () => database.migrate());

test('a database without tables gets what the product is, and nothing of the old system', async () => {
  await made();
  expect(await db.migrate()).toMatchObject({ complete: true });
  const ours = `in ('public'::regnamespace, 'version_history'::regnamespace)`;
  const relations = await db.rows<{ name: string }>(
    `select relname as name from pg_class where relnamespace ${ours} and relkind in ('r', 'v') order by 1`,
  );
  expect(relations.length).toBeLessThanOrEqual(8);
  const functions = await db.rows<{ name: string }>(`select proname as name from pg_proc where pronamespace ${ours}`);
  expect(functions.length).toBeLessThanOrEqual(32);
  expect(await db.rows(`select tgname as name from pg_trigger where not tgisinternal`)).toEqual([
    { name: 'project_versions_keep_moments' },
  ]);
  expect(await db.rows(`select from pg_index where indrelid = 'project_versions'::regclass`)).toHaveLength(6);
  const old = /takeover|^old_|backup|metadata_id|project_versions_metadata|carry|follow/;
  expect([...relations, ...functions].filter(({ name }) => old.test(name))).toEqual([]);
  expect(await db.rows(`select from version_history.migrations where name like 'legacy/%'`)).toEqual([]);
});

describe('with more than the two tables', () => {
  const [first, second, third] = [
    '01AAAAAAAAAAAAAAAAAAAAAA01',
    '01AAAAAAAAAAAAAAAAAAAAAA02',
    '01EEEEEEEEEEEEEEEEEEEEEE01',
  ];
  const sum = 'ab'.repeat(32);
  let old: LegacyDatabase;
  let reader: string;
  beforeAll(async () => {
    old = await legacyDatabase(
      await legacyTables(),
      'alter table project_versions set unlogged',
      legacyVersions,
      legacyMetadata,
      earlierBackups,
      'create table idempotency_keys (a integer); create table version_publications (b integer); create view versions as select 1 as c',
      `alter table project_versions_metadata add column deployed_at timestamp, add column artifact_sha256 char(64), add column total_files integer,
         add column rollback_source_version_id char(26), add column rollback_target_version_id char(26), add column display_version_number integer;
       update project_versions_metadata set deployed_at = '2023-12-31 23:00', artifact_sha256 = '${sum}', total_files = 7 where version_id = '${first}';
       update project_versions_metadata set artifact_sha256 = 'no checksum' where version_id = '${second}';
       update project_versions_metadata set rollback_target_version_id = '${first}', rollback_source_version_id = '${second}' where version_id = '${third}'`,
    );
    reader = `reader_${old.test.user}`;
    await old.admin.query(`create role ${reader}; grant ${reader} to ${old.test.user}`);
    await old.owner.query(`alter default privileges grant select on tables to ${reader}`);
    await migrated(old);
  });
  afterAll(async () => {
    await old.owner.query(`drop owned by ${reader}`);
    await old.admin.query(`drop owned by ${reader}; drop role ${reader}`);
    await old.close();
  });

  test('names that others use in schema public are theirs', async () => {
    expect(await old.rows('select * from versions')).toEqual([{ c: 1 }]);
    expect(await old.rows('select a, b from idempotency_keys, version_publications')).toEqual([]);
  });

  test('backups of an earlier attempt stay as they are, and are not taken for ours', async () => {
    expect(await old.rows('select * from project_versions_backup')).toHaveLength(7);
    expect(await old.rows('select * from project_versions_metadata_backup')).toEqual([]);
  });

  test('an unlogged table is taken over, and reported', async () => {
    expect(await old.findings()).toContainEqual({ kind: 'unlogged_table', id: 'public.project_versions' });
  });

  test('a copy of the rows is not readable by roles that default privileges open new tables to', async () => {
    await old.owner.query(`set role ${reader}`);
    await expect(old.owner.query('select * from version_history.project_versions_backup')).rejects.toThrow(
      /permission denied/,
    );
    await old.owner.query('reset role');
  });

  test('what the old system knew beside arrives: a moment of deployment, a checksum, what a rollback went back to', async () => {
    expect(await old.version(first)).toMatchObject({
      ...{ deployed_at: new Date('2023-12-31T23:00Z'), artifact_checksum: sum },
    });
    // Nobody said when this one was deployed: its last write is the best there is.
    expect(await old.version(second)).toMatchObject({
      ...{ deployed_at: new Date('2024-01-05T11:00Z'), artifact_checksum: null },
    });
    expect(await old.version(third)).toMatchObject({ parent_version_id: first });
  });

  test('columns that nobody knows are in the table that the contract sets aside', async () => {
    await old.owner.query(`update version_history.takeover set reported_at = now() - interval '8 days'`);
    await old.migrate({ through: 'contract' });
    expect(
      await old.rows(`select total_files from version_history.project_versions_metadata where version_id = '${first}'`),
    ).toEqual([{ total_files: 7 }]);
  });
});

test.each([
  ['renamed', ''],
  ['dropped', 'drop table project_versions_metadata_old'],
])(
  'after the plan’s own consolidation, the old table %s, there is nothing to carry: no transition, and the same as a new database',
  async (_, more) => {
    await made(...consolidated, more);
    const before = await catalogOf(db);
    const [columns] = await db.rows<{ names: string }>(
      `select string_agg(attname, ', ' order by attnum) as names from pg_attribute
        where attrelid = 'project_versions'::regclass and attnum > 0 and not attisdropped`,
    );
    const rowsOf = (table: string) =>
      db.rows(`select row(${columns?.names})::text as row from ${table} order by version_id`);
    const rows = await rowsOf('project_versions');
    expect(await db.migrate()).toMatchObject({ complete: true });
    expect(await db.version('short')).toMatchObject({
      ...{ metadata_status: 'ready', version_name: 'There', deployed_at: new Date('2024-02-02Z') },
      ...{ is_published: false, updated_at: new Date('2024-02-02Z') },
    });
    expect(await db.version('01EEEEEEEEEEEEEEEEEEEEEE02')).toMatchObject({ change_type: null });
    expect(await db.rows(`select from project_versions where is_published`)).toHaveLength(1);
    expect(await strangeIn(db, before)).toEqual({ more: [], less: [] });
    expect(await wrongWith(db)).toEqual({ state: 'contract', wrong: [] });
    expect(await rowsOf('version_history.project_versions_backup')).toEqual(rows);
    // The earlier backups are whoever's made them.
    expect(await db.rows('select * from project_versions_backup')).toHaveLength(7);
  },
);

test('a metadata table without the publication columns', async () => {
  await made(await legacyTables(), dropPublicationColumns, legacyVersions, legacyMetadata);
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

test('id as primary key, version_id unique, foreign keys in both directions: all stay, and bind', async () => {
  await made(await legacyTables(), idAsPrimaryKey, legacyVersions, legacyMetadata, foreignKeys);
  await migrated();
  const first = '01AAAAAAAAAAAAAAAAAAAAAA01';
  expect(await db.version(first)).toMatchObject({ version_name: 'First', version_metadata_id: first });
  expect(
    await db.rows(`select conname from pg_constraint where conrelid = 'project_versions'::regclass and contype = 'p'
                          and conkey = array[(select attnum from pg_attribute where attrelid = conrelid and attname = 'id')]`),
  ).toHaveLength(1);
  await expect(db.owner.query(`delete from project_versions_metadata`)).rejects.toThrow(/version_metadata_id_fkey/);
  await expect(db.owner.query(`delete from project_versions where version_id like '01A%01'`)).rejects.toThrow(
    /deployments/,
  );
});

test('updated_at triggers, whatever their names, do not move it, and work as before afterwards', async () => {
  const names = ['touch_updated_at', 'zzz_touch_updated_at'];
  await made(
    await legacyTables(),
    legacyVersions,
    legacyMetadata,
    legacyPublications,
    touchUpdatedAt(names[0] ?? ''),
    `create trigger ${names[1]} before update on project_versions for each row execute function touch()`,
  );
  await migrated();
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({
    deployed_at: new Date('2024-01-01T11:00Z'),
  });
  expect(
    await db.rows(
      `select tgname as name from pg_trigger where tgname like '%touch_updated_at' and tgenabled = 'O' order by 1`,
    ),
  ).toEqual(names.map((name) => ({ name })));
  await db.owner.query(`update project_versions set prompt = 'x' where version_id = 'short'`);
  expect(await db.version('short')).not.toMatchObject({ updated_at: new Date('2024-02-02Z') });
});

test('row-level security, forced: everything is carried over, the policies stay, the list is visible', async () => {
  await made(await legacyTables(), legacyVersions, legacyMetadata, forcedRowSecurity);
  // Through the policies the owner sees nothing at all: a careless backup would be empty.
  expect(await db.rows('select * from project_versions')).toEqual([]);
  expect(await db.migrate()).toMatchObject({ complete: true });

  expect(await db.rows('select count(*)::integer as n from version_history.project_versions_backup')).toEqual([
    { n: 16 },
  ]);
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

test('an own value that is its column’s default gives way to the old table’s', async () => {
  await made(
    await legacyTables(),
    legacyVersions,
    `alter table project_versions add column major_version integer not null default 1, add column version_name text not null default '',
       add column change_type text default 'patch'`,
    legacyMetadata,
  );
  expect(await db.migrate()).toMatchObject({ complete: true });
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({
    major_version: 0,
    version_name: 'First',
    change_type: 'minor',
  });
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA03')).toMatchObject({
    major_version: null,
    version_name: null,
    change_type: null,
  });
});

describe("the plan's phase 2 done already", () => {
  test('with other widths', async () => {
    await made(await legacyTables(), legacyVersions, phaseTwoWider, legacyMetadata, legacyPublications);
    await migrated();
    expect(
      await db.rows(
        `select version_name from version_history.versions where version_id = '01AAAAAAAAAAAAAAAAAAAAAA02'`,
      ),
    ).toEqual([{ version_name: 'Second' }]);
  });

  test('values of the new table win, column by column; a number is one value', async () => {
    await made(await legacyTables(), legacyVersions, phaseTwo, legacyMetadata, legacyPublications);
    await db.owner.query(`
      update project_versions set is_published = null where version_id in ('short', '01AAAAAAAAAAAAAAAAAAAAAA02');
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
      is_published: true,
    });
    expect(await db.version('short')).toMatchObject({ is_published: false, version_name: 'Short' });
    await expect(db.owner.query(`update project_versions set is_published = null`)).rejects.toThrow(/not-null/);
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
