import { afterAll, beforeAll, expect, test } from 'vitest';
import { NotFound } from '../../../functions/platform/errors.ts';
import { remove, restore } from '../../../functions/versions/delete.ts';
import { publish, unpublish } from '../../../functions/versions/publish.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';
import { build, list } from '../../support/versions.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

const shown = async (projectId: string, showDeleted: boolean) =>
  (await list(system, projectId, { showDeleted: String(showDeleted) })).map(({ id }) => id);

test('hides a version; restoring shows it again; each in one call, and each may be repeated', async () => {
  const target = await build(system, 'shop', 'a1');
  const before = system.calls();
  const { version } = await remove(system.api, target);
  expect(system.calls() - before).toBe(1);
  expect(version).toMatchObject({
    deletedAt: expect.stringMatching(/Z$/),
    canDelete: false,
    reasons: { delete: 'deleted', publish: 'deleted', rollback: 'deleted', preview: 'deleted' },
  });
  expect(await remove(system.api, target)).toEqual({ version, replayed: false });
  expect(await shown('shop', false)).toEqual([]);
  expect(await shown('shop', true)).toEqual([target.versionId]);

  const restored = await restore(system.api, target, {}, null);
  expect(restored.version).toMatchObject({ deletedAt: null, canDelete: true, canPublish: true });
  expect(await restore(system.api, target, {}, null)).toEqual(restored);
  expect(await shown('shop', false)).toEqual([target.versionId]);
});

test('the published version is refused until it is unpublished', async () => {
  const target = await build(system, 'live', 'b1');
  await publish(system.api, target, {}, null);
  await expect(remove(system.api, target)).rejects.toMatchObject({ reason: 'published' });
  await unpublish(system.api, target, { versionId: target.versionId }, null);
  expect((await remove(system.api, target)).version.deletedAt).not.toBeNull();
});

test('a build that has not ended or has failed can be deleted as well', async () => {
  for (const [name, end] of [
    ['c1', null],
    ['c2', { status: 'failed' }],
  ] as const) {
    const target = await build(system, 'unfinished', name, end);
    expect((await remove(system.api, target)).version.deletedAt).not.toBeNull();
  }
});

test('somebody else’s version is not there', async () => {
  const target = await build(system, 'mine', 'd1');
  for (const attempt of [
    { ...target, userId: 'intruder' },
    { ...target, projectId: 'shop' },
  ]) {
    const none = new NotFound('There is no such version in this project.');
    await expect(remove(system.api, attempt)).rejects.toEqual(none);
    await expect(restore(system.api, attempt, {}, null)).rejects.toEqual(none);
  }
  expect(await shown('mine', false)).toEqual([target.versionId]);
});
