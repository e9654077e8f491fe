import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../functions/platform/database.ts';
import { remove, restore } from '../../../functions/versions/delete.ts';
import { edit } from '../../../functions/versions/edit.ts';
import { listQuery, listVersions } from '../../../functions/versions/list.ts';
import { readPublication } from '../../../functions/versions/publication.ts';
import { publish, unpublish } from '../../../functions/versions/publish.ts';
import { readVersion } from '../../../functions/versions/read.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { rollback } from '../../../functions/versions/rollback.ts';
import { generateBatch } from '../../support/generate.ts';
import { type LegacyDatabase, legacyDatabase, migratedOnce } from '../../support/legacy-database.ts';
import { legacyShapes, someShapes } from '../../support/legacy-shapes.ts';

/** Of several published versions the backfill decides for one, which is a test of its own: here there is one. */
const ONE_PUBLISHED = `do $$ begin
  if exists (select from pg_attribute where attrelid = to_regclass('project_versions_metadata') and attname = 'is_published') then
    update project_versions_metadata set is_published = false
     where version_id in ('01AAAAAAAAAAAAAAAAAAAAAA01', '01CCCCCCCCCCCCCCCCCCCCCC02');
  end if;
end $$`;

let db: LegacyDatabase;
afterEach(() => db?.close());

const VIEWS: Record<string, string>[] = [
  {},
  { includeCheckpoints: 'true' },
  { includeCheckpoints: 'true', showDeleted: 'true' },
  { state: 'published' },
  { state: 'unpublished', limit: '2' },
  { offset: '1', limit: '2', includeCheckpoints: 'true' },
  { type: 'minor' },
  { status: 'deployed', includeCheckpoints: 'true' },
  { q: 'first' },
];

/** Everything a user can read of every project. */
async function answers(api: Database): Promise<unknown> {
  const projects = await db.rows<{ project_id: string; user_id: string; versions: string[] }>(
    `select project_id, user_id, array_agg(version_id order by version_id) as versions from project_versions group by 1, 2 order by 1, 2`,
  );
  const found = [];
  for (const { project_id: project, user_id: user, versions } of projects) {
    for (const view of VIEWS) found.push(await listVersions(api, project, user, listQuery.parse(view)));
    for (const versionId of versions)
      found.push(await readVersion(api, { projectId: project, versionId, userId: user }, true));
    found.push(await readPublication(api, project, user));
  }
  return found;
}

test.each(someShapes(7))('%s: what is read before the backfill is what is read after it', async (shape) => {
  db = await legacyDatabase(...(legacyShapes[shape] ?? []));
  // As the superuser: policies bind the owner.
  await db.admin.query(ONE_PUBLISHED);
  expect(await db.migrate({ through: 'expand' })).toMatchObject({ complete: true });
  const api = await db.as('api');
  const before = await answers(api);
  expect(await db.rows(`select 1 from project_versions where metadata_status = 'ready'`)).toEqual([]);
  expect(await db.migrate()).toMatchObject({ complete: true });
  expect(await answers(api)).toEqual(before);
});

describe('whoever changes a version finds what the old table knows', () => {
  let api: Database;
  let worker: Database;
  let original: Awaited<ReturnType<typeof migratedOnce>>;
  beforeAll(async () => {
    original = await migratedOnce(legacyShapes['both filled'] ?? [], 'expand');
  });
  afterAll(() => original.drop());
  beforeEach(async () => {
    db = await original.copy();
    [api, worker] = [await db.as('api'), await db.as('worker')];
  });

  const plain = (number: number) => ({
    projectId: 'p-plain',
    userId: 'ada',
    versionId: `01AAAAAAAAAAAAAAAAAAAAAA0${number}`,
  });
  const published = async () =>
    (await db.rows(`select version_id from consolidated_versions where project_id = 'p-plain' and is_published`)).map(
      ({ version_id }) => version_id,
    );

  test('publishing takes off what the old table has published, and the log says what', async () => {
    await publish(api, plain(1), {}, null);
    expect(await published()).toEqual([plain(1).versionId]);
    expect(await db.rows('select version_id, previous_version_id from version_publications')).toEqual([
      { version_id: plain(1).versionId, previous_version_id: plain(2).versionId },
    ]);
    expect(await db.version(plain(1).versionId)).toMatchObject({
      major_version: 0,
      version_name: 'First',
      user_comment: 'old',
    });
    await db.migrate();
    expect(await published()).toEqual([plain(1).versionId]);
  });

  test('unpublishing, deleting and restoring see what is published and what is deleted there', async () => {
    await expect(remove(api, plain(2))).rejects.toThrow(/published/);
    await unpublish(api, plain(2), { versionId: plain(2).versionId }, null);
    await remove(api, plain(2));
    const deleted = { projectId: 'p-equal', userId: 'eve', versionId: '01CCCCCCCCCCCCCCCCCCCCCC02' };
    expect((await restore(api, deleted, {}, null)).version).toMatchObject({ deletedAt: null, name: 'Two again' });
    await db.migrate();
    expect(await published()).toEqual([]);
    expect(await db.version(plain(2).versionId)).toMatchObject({ soft_deleted_at: expect.any(Date) });
    expect(await db.version(deleted.versionId)).toMatchObject({ soft_deleted_at: null, is_published: false });
  });

  test('a person edits one thing, and the rest comes from the old table', async () => {
    await edit(api, plain(1), { name: 'Mine' });
    const mine = {
      version_name: 'Mine',
      version_description: 'The first one',
      minor_version: 3,
      auto_classified: false,
    };
    expect(await db.version(plain(1).versionId)).toMatchObject(mine);
    await db.migrate();
    expect(await db.version(plain(1).versionId)).toMatchObject(mine);
  });

  test('numbers go on from the highest one there', async () => {
    const versionId = '01J00000000000000000000NEW';
    await recordStart(worker, 'p-plain', versionId, { userId: 'ada', prompt: 'Add a search' });
    await recordEnd(worker, 'p-plain', versionId, { status: 'deployed', artifactUrl: 'https://a.example.com' });
    const body = JSON.stringify({ type: 'generate-metadata', versionId, projectId: 'p-plain' });
    expect(await generateBatch(worker, [{ id: '1', body }])).toMatchObject([{ kind: 'done' }]);
    // The highest is 1.0.0-rc.1, on the way to 1.0.0.
    expect(await db.version(versionId)).toMatchObject({ major_version: 1, minor_version: 0, patch_version: 0 });
    const back = await rollback(api, plain(1), {}, null);
    expect(back.version).toMatchObject({ semver: '1.0.1', name: 'Rollback to 0.3.2' });
  });

  test('a number that belongs to no version, or not to this one, is not the highest', async () => {
    await db.owner.query(`
      insert into project_versions_metadata (version_id, project_id, user_id, major_version, change_type)
      values ('01ORPHAN', 'p-plain', 'ada', 9, 'major'), ('01BBBBBBBBBBBBBBBBBBBBBB03', 'p-plain', 'ada', 8, 'major');
      insert into project_versions (version_id, project_id, user_id, prompt, status) values ('01BBBBBBBBBBBBBBBBBBBBBB03', 'p-other', 'ada', 'x', 'deployed')`);
    const back = await rollback(api, plain(1), {}, null);
    // After 1.0.0-rc.1, which is carried over for that.
    expect(back.version).toMatchObject({ semver: '1.0.0' });
    expect(await db.version(plain(2).versionId)).toMatchObject({ metadata_status: 'ready' });
  });

  test('a message for a version that the old table describes is done already, and generates nothing', async () => {
    const { versionId, projectId } = plain(1);
    await db.owner.query(`update project_versions set metadata_status = 'pending' where version_id = '${versionId}'`);
    const body = JSON.stringify({ type: 'generate-metadata', versionId, projectId });
    expect(await generateBatch(worker, [{ id: '1', body }])).toMatchObject([{ kind: 'done' }]);
    await db.migrate();
    expect(await db.version(versionId)).toMatchObject({
      version_name: 'First',
      major_version: 0,
      metadata_generator: null,
      metadata_status: 'ready',
    });
  });

  test('another user learns and changes nothing', async () => {
    await expect(listVersions(api, 'p-plain', 'mallory', listQuery.parse({}))).rejects.toThrow(/no such project/i);
    await expect(publish(api, { ...plain(1), userId: 'mallory' }, {}, null)).rejects.toThrow(/no such version/i);
    const mallory = await db.database.rows(`select 1 from project_versions_metadata where user_id = 'mallory'`);
    expect(mallory).toHaveLength(1);
    expect(await api.rows(`select version_id from project_versions_metadata`)).toEqual([]);
  });
});
