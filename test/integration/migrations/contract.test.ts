import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { listQuery, listVersions } from '../../../functions/versions/list.ts';
import { publish } from '../../../functions/versions/publish.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { generateBatch } from '../../support/generate.ts';
import { wrongWith } from '../../support/integrity.ts';
import { type LegacyDatabase, legacyDatabase, migratedOnce } from '../../support/legacy-database.ts';
import { legacyShapes, someShapes } from '../../support/legacy-shapes.ts';
import { catalogOf, strangeIn } from '../../support/own-catalog.ts';

let db: LegacyDatabase;
afterEach(() => db?.close());

let filled: Awaited<ReturnType<typeof migratedOnce>>;
beforeAll(async () => {
  filled = await migratedOnce(legacyShapes['both filled'] ?? [], 'backfill');
});
afterAll(() => filled.drop());

const aWeekLater = (when = 'now()') =>
  db.owner.query(
    `update version_history.takeover set reported_at = now() - interval '8 days', old_writer_seen_at = case when old_writer_seen_at is not null then ${when} end`,
  );
const contract = () => db.migrate({ through: 'contract' });
const tableExists = async () =>
  (await db.rows(`select to_regclass('project_versions_metadata') is not null as it`))[0]?.it;

test('only whoever asks for it gets it', async () => {
  db = await filled.copy();
  await aWeekLater();
  expect(await db.migrate()).toEqual({ complete: true, applied: [] });
  expect(await tableExists()).toBe(true);
});

test('refused within the week', async () => {
  db = await filled.copy();
  await expect(contract()).rejects.toThrow(
    /the old table is kept for a week after the takeover, until \d{4}-\d\d-\d\d \d\d:\d\d UTC/,
  );
  expect(await tableExists()).toBe(true);
});

test('refused while something still writes to the old table', async () => {
  db = await filled.copy();
  await db.owner.query(`update project_versions_metadata set version_name = 'x' where version_id = 'short'`);
  await aWeekLater(`now() - interval '20 hours'`);
  await expect(contract()).rejects.toThrow(/something still writes to project_versions_metadata, last at .* UTC/);
  await aWeekLater(`now() - interval '25 hours'`);
  expect(await contract()).toMatchObject({ complete: true });
});

test('refused while a value is lost, which it names', async () => {
  db = await filled.copy();
  await aWeekLater();
  await db.owner.query(`update project_versions set git_tag = null where version_id = '01AAAAAAAAAAAAAAAAAAAAAA01'`);
  await expect(contract()).rejects.toThrow(
    /values are not what the backups say: git_tag of 1 version\(s\), 01AAAAAAAAAAAAAAAAAAAAAA01 for one/,
  );
  expect(await tableExists()).toBe(true);
  await db.owner.query(`update project_versions set git_tag = 'v0' where version_id = '01AAAAAAAAAAAAAAAAAAAAAA01'`);
  expect(await contract()).toMatchObject({ complete: true, applied: ['legacy/010_move_the_old_table_aside.sql'] });
});

test('not refused for what came late and has no place, or says less', async () => {
  db = await filled.copy();
  const worker = await db.as('worker');
  const versionId = '01J00000000000000000000NEW';
  await recordStart(worker, 'p-plain', versionId, { userId: 'ada', prompt: 'Add a search' });
  await recordEnd(worker, 'p-plain', versionId, { status: 'deployed', artifactUrl: 'https://a.example.com' });
  const body = JSON.stringify({ type: 'generate-metadata', versionId, projectId: 'p-plain' });
  await generateBatch(worker, [{ id: '1', body }]);
  // A classification that comes after the generator's, with the defaults of its columns; one of another user; one whose type nobody knows.
  await db.owner.query(`
    insert into project_versions_metadata (version_id, project_id, user_id, change_type) values ('${versionId}', 'p-plain', 'ada', 'minor');
    insert into project_versions_metadata (version_id, project_id, user_id, change_type) values ('01AAAAAAAAAAAAAAAAAAAAAA03', 'p-plain', 'mallory', 'minor');
    update project_versions_metadata set build_duration_ms = 5, base_version_id = 'x', change_type = 'hotfix' where version_id = '01CCCCCCCCCCCCCCCCCCCCCC01'`);
  expect(await db.version('01CCCCCCCCCCCCCCCCCCCCCC01')).toMatchObject({ build_duration_ms: 5, base_version_id: 'x' });
  await aWeekLater(`now() - interval '2 days'`);
  expect(await contract()).toMatchObject({ complete: true });
  expect(
    await db.rows(
      `select user_id from version_history.project_versions_metadata where version_id = '01AAAAAAAAAAAAAAAAAAAAAA03'`,
    ),
  ).toEqual([{ user_id: 'mallory' }]);
});

test('columns that nobody knows and views of the old table go with it, whole', async () => {
  db = await filled.copy();
  await db.owner.query(
    `alter table project_versions_metadata add column notes text; update project_versions_metadata set notes = 'Kept'`,
  );
  await db.owner.query('create view dashboard as select notes from project_versions_metadata');
  await aWeekLater(`now() - interval '2 days'`);
  expect(await contract()).toMatchObject({ complete: true });
  expect(await db.rows('select distinct notes from dashboard')).toEqual([{ notes: 'Kept' }]);
});

test.each(someShapes(6))('%s: what is left is a new database’s and its own, and everything goes on', async (shape) => {
  db = await legacyDatabase(...(legacyShapes[shape] ?? []));
  const before = await catalogOf(db);
  await db.migrate();
  if (shape === 'no tables') return expect(await contract()).toEqual({ complete: true, applied: [] });
  await aWeekLater();
  // Metadata without a version has come since.
  await db.admin.query(`insert into project_versions_metadata (version_id, project_id, user_id, change_type)
                         values ('01LATE', 'p-late', 'eve', 'minor')`);
  await aWeekLater(`now() - interval '2 days'`);
  const versions = await db.rows(
    `select to_jsonb(v) - 'version_metadata_id' as row from project_versions v order by version_id`,
  );
  expect(await contract()).toMatchObject({ complete: true });
  expect(await wrongWith(db)).toEqual({ state: 'contract', wrong: [] });
  expect(await tableExists()).toBe(false);
  expect(await strangeIn(db, before)).toEqual({ more: [], less: [] });
  expect(await db.rows(`select to_jsonb(v) as row from project_versions v order by version_id`)).toEqual(versions);
  expect(
    await db.rows(`select change_type from version_history.project_versions_metadata where version_id = '01LATE'`),
  ).toEqual([{ change_type: 'minor' }]);

  await recordStart(await db.as('worker'), 'p-plain', '01J00000000000000000000NEW', { userId: 'ada', prompt: 'Go on' });
  const api = await db.as('api');
  const { versions: listed } = await listVersions(
    api,
    'p-plain',
    'ada',
    listQuery.parse({ includeCheckpoints: 'true' }),
  );
  expect(listed).toHaveLength(
    versions.filter(({ row }) => (row as { project_id: string }).project_id === 'p-plain').length + 1,
  );
  const can = listed.find(({ canPublish }) => canPublish);
  if (can) {
    await publish(api, { projectId: 'p-plain', userId: 'ada', versionId: can.id }, {}, null);
    expect(await db.version(can.id)).toMatchObject({ is_published: true });
  }
  expect(await db.migrate()).toEqual({ complete: true, applied: [] });
});
