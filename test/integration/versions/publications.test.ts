import { afterAll, beforeAll, expect, test } from 'vitest';
import { InvalidInput, NotFound } from '../../../functions/platform/errors.ts';
import { readPublication } from '../../../functions/versions/publication.ts';
import { listPublications } from '../../../functions/versions/publications.ts';
import { publish } from '../../../functions/versions/publish.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';
import { build, replayLog } from '../../support/versions.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

const page = (projectId: string, limit: number, cursor?: string, userId = 'owner') =>
  listPublications(system.api, projectId, userId, { limit, cursor });

test('the log is walked newest first, each entry once, while it grows, in one call a page', async () => {
  const targets = [await build(system, 'shop', 'a1'), await build(system, 'shop', 'a2')] as const;
  for (let round = 0; round < 7; round += 1) await publish(system.api, targets[round % 2 ? 1 : 0], {}, null);
  const before = system.calls();
  const first = await page('shop', 3);
  expect(system.calls() - before).toBe(1);
  const walked = [...first.publications];
  for (let cursor = first.nextCursor; cursor; ) {
    await publish(system.api, targets[walked.length % 2 ? 1 : 0], {}, null);
    const next = await page('shop', 3, cursor);
    walked.push(...next.publications);
    cursor = next.nextCursor;
  }
  expect(walked).toHaveLength(7);
  expect(replayLog(walked.toReversed())).toBe(targets[0].versionId);
  expect(walked[0]).toEqual({
    id: expect.any(Number),
    action: 'published',
    versionId: targets[0].versionId,
    previousVersionId: targets[1].versionId,
    by: 'owner',
    comment: null,
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  });
});

test('a page that ends with the last entry has no cursor; a project without publications has an empty log', async () => {
  const target = await build(system, 'quiet', 'b1');
  expect(await page('quiet', 1)).toEqual({ publications: [], nextCursor: null });
  await publish(system.api, target, {}, null);
  expect(await page('quiet', 1)).toMatchObject({ publications: [{}], nextCursor: null });
});

test('a cursor that is broken or of another project is refused', async () => {
  const targets = [await build(system, 'cut', 'c1'), await build(system, 'cut', 'c2')];
  for (const target of targets) await publish(system.api, target, {}, null);
  const { nextCursor } = await page('cut', 1);
  for (const cursor of [nextCursor?.slice(1), `${nextCursor}A`, 'cursor']) {
    await expect(page('cut', 1, cursor)).rejects.toThrow(/cursor: is broken/);
  }
  await expect(page('shop', 1, nextCursor ?? '')).rejects.toThrow(InvalidInput);
});

test('somebody else’s project is not there, like none', async () => {
  await publish(system.api, await build(system, 'mine', 'd1'), {}, null);
  for (const [projectId, userId] of [
    ['mine', 'intruder'],
    ['none', 'owner'],
  ] as const) {
    const none = new NotFound('There is no such project.');
    await expect(page(projectId, 1, undefined, userId)).rejects.toEqual(none);
    await expect(readPublication(system.api, projectId, userId)).rejects.toEqual(none);
  }
});

test('the log stays when the old system removes a version', async () => {
  const target = await build(system, 'removed', 'e1');
  await publish(system.api, target, {}, null);
  await build(system, 'removed', 'e2');
  await system.owner.query(`delete from project_versions where version_id = $1`, [target.versionId]);
  expect((await page('removed', 9)).publications).toMatchObject([{ versionId: target.versionId }]);
});
