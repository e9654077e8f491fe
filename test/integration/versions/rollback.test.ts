import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NotFound } from '../../../functions/platform/errors.ts';
import type { Target } from '../../../functions/versions/change-queries.ts';
import { remove } from '../../../functions/versions/delete.ts';
import { readPublication } from '../../../functions/versions/publication.ts';
import { publish } from '../../../functions/versions/publish.ts';
import { updateMetadata } from '../../../functions/versions/queries.ts';
import { rollback } from '../../../functions/versions/rollback.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';
import { build, list } from '../../support/versions.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());
afterEach(() => system.dataApi.faults.clear());

const back = (target: Target, comment?: string) => rollback(system.api, target, { comment }, null);
const put = (target: Target) => publish(system.api, target, {}, null);

/** Gives a version its number, as the model's answer does. */
const number = ({ projectId, versionId }: Target, changeType: string) =>
  updateMetadata(system.worker, [{ key: '1', version_id: versionId, project_id: projectId, change_type: changeType }]);

test('makes a new version of the old one’s files, numbered after the highest, published by nobody yet, in one call', async () => {
  const old = await build(system, 'shop', 'a1', {
    status: 'deployed',
    artifactUrl: 'https://artifacts.example.com/a1',
    artifactSize: 7,
    artifactChecksum: 'c'.repeat(64),
    previewUrl: 'https://a1.example.com',
  });
  const live = await build(system, 'shop', 'a2');
  await number(old, 'major');
  await number(live, 'minor');
  await put(live);
  const before = system.calls();
  const { version } = await back(old, '1.1.0 broke the checkout');
  expect(system.calls() - before).toBe(1);
  expect(version).toMatchObject({
    id: expect.stringMatching(/^[0-9A-Z]{26}$/),
    semver: '1.1.1',
    name: 'Rollback to 1.0.0',
    type: 'rollback',
    status: 'deployed',
    metadataStatus: 'ready',
    autoClassified: null,
    parentId: old.versionId,
    previewUrl: 'https://a1.example.com',
    userComment: '1.1.0 broke the checkout',
    isPublished: false,
    canPublish: true,
  });
  const { rows } = await system.owner.query(
    `select prompt, artifact_url, artifact_size::int, artifact_checksum, deployed_at = created_at as at_once
       from project_versions where version_id = $1`,
    [version.id],
  );
  expect(rows).toEqual([
    {
      prompt: 'Rollback to 1.0.0',
      artifact_url: 'https://artifacts.example.com/a1',
      artifact_size: 7,
      artifact_checksum: 'c'.repeat(64),
      at_once: true,
    },
  ]);
});

test('is shown by default, and once published says what it took the place of', async () => {
  const [old, live] = [await build(system, 'site', 'b1'), await build(system, 'site', 'b2')];
  await put(live);
  const { version } = await back(old, 'Back');
  expect((await list(system, 'site'))[0]).toEqual(version);
  await put({ ...old, versionId: version.id });
  expect(await readPublication(system.api, 'site', 'owner')).toMatchObject({
    version: { id: version.id, name: `Rollback to ${old.versionId}`, semver: '1.0.0' },
    comment: 'Back',
    rolledBackFrom: live.versionId,
  });
});

test('a number with a prerelease is named whole, and the next one has none', async () => {
  const [old, live] = [await build(system, 'beta', 'c1'), await build(system, 'beta', 'c2')];
  await updateMetadata(system.worker, [
    { key: '1', version_id: old.versionId, project_id: 'beta', change_type: 'major', tag: 'rc.1' },
  ]);
  await put(live);
  expect((await back(old)).version).toMatchObject({ name: 'Rollback to 1.0.0-rc.1', semver: '1.0.0' });
});

test('a call that is repeated because its answer got lost makes one version', async () => {
  const old = await build(system, 'lost', 'd1');
  system.dataApi.faults.add({ kind: 'unavailable-after', sql: 'rollback_version' });
  const { version } = await back(old);
  const { rows } = await system.owner.query(`select version_id from project_versions where project_id = 'lost'`);
  expect(rows.map(({ version_id }) => version_id).sort()).toEqual([old.versionId, version.id].sort());
});

describe('is refused', () => {
  test.each([
    ['e1', null, 'not_deployed'],
    ['e2', { status: 'deployed' }, 'artifact_missing'],
  ] as const)('to %s, which ended %j: %s', async (name, end, reason) => {
    await expect(back(await build(system, 'refused', name, end))).rejects.toMatchObject({ reason });
  });

  test('to the published version and to a deleted one', async () => {
    const live = await build(system, 'refused', 'e3');
    await put(live);
    await expect(back(live)).rejects.toMatchObject({ reason: 'published' });
    const gone = await build(system, 'refused', 'e4');
    await remove(system.api, gone);
    await expect(back(gone)).rejects.toMatchObject({ reason: 'deleted' });
  });

  test("to somebody else's version like to none", async () => {
    const target = await build(system, 'mine', 'e5');
    for (const attempt of [
      { ...target, userId: 'intruder' },
      { ...target, versionId: 'none' },
    ]) {
      await expect(back(attempt)).rejects.toEqual(new NotFound('There is no such version in this project.'));
    }
  });
});
