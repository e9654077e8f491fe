import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseUnavailable, NotFound } from '../../../functions/platform/errors.ts';
import type { Target } from '../../../functions/versions/change-queries.ts';
import { remove, restore } from '../../../functions/versions/delete.ts';
import { edit } from '../../../functions/versions/edit.ts';
import { readPublication } from '../../../functions/versions/publication.ts';
import { listPublications } from '../../../functions/versions/publications.ts';
import { publish, unpublish } from '../../../functions/versions/publish.ts';
import { readVersion } from '../../../functions/versions/read.ts';
import { rollback } from '../../../functions/versions/rollback.ts';
import { LONG } from '../../support/effort.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';
import { build, replayLog, versionId } from '../../support/versions.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());
afterEach(() => system.dataApi.faults.clear());

const put = (target: Target, change: Parameters<typeof publish>[2] = {}) => publish(system.api, target, change, null);
const take = (target: Target, comment?: string) =>
  unpublish(system.api, target, { versionId: target.versionId, comment }, null);
const read = (target: Target) => readVersion(system.api, target, false);

/** The whole log of a project, oldest first. */
async function logOf(projectId: string) {
  const { publications } = await listPublications(system.api, projectId, 'owner', { limit: 100 });
  return publications.reverse();
}

describe('publishing', () => {
  test('shows the version, says when, by whom and why, in one call', async () => {
    const target = await build(system, 'shop', 'a1');
    const before = system.calls();
    const { version, replayed } = await put(target, { comment: 'Launch' });
    expect(system.calls() - before).toBe(1);
    expect(replayed).toBe(false);
    expect(version).toMatchObject({
      isPublished: true,
      publishedAt: expect.stringMatching(/Z$/),
      publishedBy: 'owner',
      userComment: 'Launch',
      canPublish: false,
      canUnpublish: true,
      canRollback: false,
      canDelete: false,
      reasons: { publish: 'already_published', rollback: 'already_published', delete: 'published' },
    });
  });

  test('takes the place of what was published', async () => {
    const [one, two] = [await build(system, 'swap', 'b1'), await build(system, 'swap', 'b2')];
    await put(one, { comment: 'First' });
    await put(two);
    expect(await read(one)).toMatchObject({ isPublished: false, userComment: 'First', canPublish: true });
    expect(await readPublication(system.api, 'swap', 'owner')).toMatchObject({ version: { id: two.versionId } });
    expect(await logOf('swap')).toMatchObject([
      { action: 'published', versionId: one.versionId, previousVersionId: null, comment: 'First', by: 'owner' },
      { action: 'published', versionId: two.versionId, previousVersionId: one.versionId, comment: null, by: 'owner' },
    ]);
  });

  test('what is published already is a success that changes nothing, whatever was expected', async () => {
    const target = await build(system, 'again', 'c1');
    const { version } = await put(target);
    expect(await put(target, { comment: 'Twice', expectedPublishedVersionId: 'another' })).toMatchObject({ version });
    expect(await logOf('again')).toHaveLength(1);
  });

  test('as expected publishes; when another got there first it is refused, and says which', async () => {
    const [one, two] = [await build(system, 'race', 'd1'), await build(system, 'race', 'd2')];
    await put(one, { expectedPublishedVersionId: null });
    for (const expectedPublishedVersionId of [null, two.versionId]) {
      await expect(put(two, { expectedPublishedVersionId })).rejects.toMatchObject({
        reason: 'published_elsewhere',
        members: { publishedVersionId: one.versionId },
      });
    }
    await put(two, { expectedPublishedVersionId: one.versionId });
    expect(replayLog(await logOf('race'))).toBe(two.versionId);
  });

  test('after a lost answer finds its own commit', async () => {
    const target = await build(system, 'lost', 'e1');
    system.dataApi.faults.add({ kind: 'unavailable-after', sql: 'publish_version' });
    expect((await put(target, { expectedPublishedVersionId: null })).version.isPublished).toBe(true);
    expect(await logOf('lost')).toHaveLength(1);
  });

  test.each([
    ['f1', null, 'not_deployed'],
    ['f2', { status: 'failed' }, 'not_deployed'],
    ['f3', { status: 'deployed' }, 'artifact_missing'],
  ] as const)('%s, which ended %j, is refused: %s', async (name, end, reason) => {
    const target = await build(system, 'unusable', name, end);
    await expect(put(target)).rejects.toMatchObject({ name: 'Conflict', reason });
    expect(await read(target)).toMatchObject({ canPublish: false, reasons: { publish: reason, preview: reason } });
  });

  test('a deleted version is refused', async () => {
    const target = await build(system, 'unusable', 'f4');
    await remove(system.api, target);
    await expect(put(target)).rejects.toMatchObject({ reason: 'deleted' });
  });
});

describe('unpublishing', () => {
  test('takes the named version off; when and by whom it was published stays', async () => {
    const target = await build(system, 'off', 'g1');
    const { version } = await put(target);
    expect((await take(target, 'Too early')).version).toEqual({
      ...version,
      isPublished: false,
      canPublish: true,
      canUnpublish: false,
      canRollback: true,
      canDelete: true,
      reasons: { unpublish: 'not_published' },
    });
    expect(await readPublication(system.api, 'off', 'owner')).toEqual({
      version: null,
      publishedAt: null,
      publishedBy: null,
      comment: null,
      rolledBackFrom: null,
    });
    expect((await logOf('off')).at(-1)).toMatchObject({
      action: 'unpublished',
      versionId: target.versionId,
      previousVersionId: target.versionId,
      comment: 'Too early',
    });
  });

  test('when nothing is published is a success; when another version is, it is refused', async () => {
    const [one, two] = [await build(system, 'named', 'h1'), await build(system, 'named', 'h2')];
    expect((await take(one)).version.isPublished).toBe(false);
    await put(two);
    await expect(take(one)).rejects.toMatchObject({
      reason: 'published_elsewhere',
      members: { publishedVersionId: two.versionId },
    });
    expect(await logOf('named')).toHaveLength(1);
  });
});

describe('another tenant', () => {
  test("cannot tell somebody else's version from none, and changes nothing", async () => {
    const target = await build(system, 'mine', 'i1');
    const foreign = [
      { ...target, userId: 'intruder' },
      { ...target, projectId: 'shop' },
      { ...target, versionId: versionId('none') },
      { ...target, projectId: 'none' },
    ];
    for (const [attempt, act] of foreign.flatMap((each) => [[each, put] as const, [each, take] as const])) {
      await expect(act(attempt)).rejects.toEqual(new NotFound('There is no such version in this project.'));
    }
    expect(await read(target)).toMatchObject({ isPublished: false });
    expect(await logOf('mine')).toEqual([]);
  });

  test('of the same old project: each version is its owner’s, and one at most is published', async () => {
    await system.owner.query(
      `insert into project_versions (project_id, version_id, user_id, prompt, status, artifact_url)
       values ('shared', 'hers', 'her', 'x', 'deployed', 'a'), ('shared', 'his', 'him', 'x', 'deployed', 'a')`,
    );
    await put({ projectId: 'shared', versionId: 'hers', userId: 'her' });
    const his = { projectId: 'shared', versionId: 'his', userId: 'him' };
    await expect(put(his)).rejects.toMatchObject({
      reason: 'published_elsewhere',
      members: { publishedVersionId: null },
    });
    const { rows } = await system.owner.query(
      `select version_id from project_versions where project_id = 'shared' and is_published`,
    );
    expect(rows).toEqual([{ version_id: 'hers' }]);
  });
});

test('16 publishers, connections killed in between: one version is published, and the log replays to it', async () => {
  const publishers = 16;
  const rounds = LONG ? 100 : 12;
  const targets: Target[] = [];
  for (let index = 0; index < publishers; index += 1) targets.push(await build(system, 'contested', `j${index}`));
  const often = { operation: 'Execute', sql: 'version_history.', count: 1_000_000, probability: 0.06 } as const;
  system.dataApi.faults.add(
    { ...often, kind: 'dropped-before', seed: 1 },
    { ...often, kind: 'dropped-after', seed: 2 },
    { ...often, kind: 'unavailable-after', seed: 3 },
  );
  const admin = new pg.Client(system.test.adminUrl);
  await admin.connect();
  let failures = 0;
  let killed = 0;
  let done = false;

  /** Whether it went through; what breaks may be tried again, anything else fails the test. */
  const attempt = async (act: () => Promise<unknown>): Promise<boolean> => {
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      failures += 1;
      return false;
    }
  };
  const killer = (async () => {
    while (!done) {
      const { rows } = await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and usename like '%\\_api' and query like '%publish%' order by random() limit 1`,
      );
      killed += rows.length;
      const { rows: published } = await system.owner.query(
        `select count(*)::int as n from project_versions where project_id = 'contested' and is_published`,
      );
      expect(published[0].n).toBeLessThanOrEqual(1);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  })();
  try {
    await Promise.all(
      targets.map(async (target, publisher) => {
        for (let round = 0; round < rounds; round += 1) {
          const off = (round + publisher) % 5 === 0;
          await attempt(() => (off ? take(target).catch(unlessConflict) : put(target)));
        }
        // Whoever comes last publishes, so one stays.
        while (!(await attempt(() => put(target))));
      }),
    );
  } finally {
    done = true;
    await killer.finally(() => admin.end());
  }
  const struck = system.dataApi.faults.list().map((fault) => fault.struck);
  system.dataApi.faults.clear();
  expect(Math.min(...struck, killed, failures), 'every kind of failure happened').toBeGreaterThan(0);

  const { rows } = await system.owner.query(
    `select version_id from project_versions where project_id = 'contested' and is_published`,
  );
  expect(rows).toHaveLength(1);
  const { rows: log } = await system.owner.query(
    `select action, version_id as "versionId", previous_version_id as "previousVersionId"
       from version_history.publications where project_id = 'contested' order by id`,
  );
  expect(replayLog(log)).toBe(rows[0].version_id);
});

function unlessConflict(error: unknown): void {
  if ((error as { reason?: string }).reason !== 'published_elsewhere') throw error;
}

test('whose project it is not never waits for its lock, and holds up nobody', async () => {
  const target = await build(system, 'held', 'zz1');
  const holder = new pg.Client({ connectionString: system.test.url });
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query(`select version_history.lock_project('held')`);
    const stranger = { ...target, userId: 'mallory' };
    for (const act of [
      () => put(stranger),
      () => take(stranger),
      () => remove(system.api, stranger),
      () => restore(system.api, stranger, {}, null),
      () => edit(system.api, stranger, { name: 'Mine' }),
      () => rollback(system.api, stranger, {}, null),
    ])
      await expect(act()).rejects.toThrow(NotFound);
    await expect(put(target)).rejects.toThrow(DatabaseUnavailable);
  } finally {
    await holder.end();
  }
});
