import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conflict, NotFound } from '../../../functions/platform/errors.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

const id = (name: string): string => `01J${name.toUpperCase().padStart(23, '0')}`;
const start = (project: string, version: string, over: object = {}) =>
  recordStart(system.worker, project, id(version), { userId: 'owner', prompt: 'Build a shop', ...over });

describe('a build starts', () => {
  test('the version is there at once, building, its metadata pending', async () => {
    const { version, created } = await start('shop', 'a1', { framework: 'react', promptMetadata: { tone: 'calm' } });
    expect(created).toBe(true);
    expect(version).toMatchObject({
      id: id('a1'),
      status: 'building',
      metadataStatus: 'pending',
      semver: null,
      deployedAt: null,
    });
  });

  test('repeating it is harmless', async () => {
    await start('shop', 'a2');
    expect(await start('shop', 'a2')).toMatchObject({ created: false, version: { id: id('a2') } });
    const { rows } = await system.owner.query(`select count(*)::int as n from project_versions where version_id = $1`, [
      id('a2'),
    ]);
    expect(rows[0].n).toBe(1);
  });

  test('an id that is another build is refused, whatever differs', async () => {
    await start('shop', 'a3');
    for (const [project, over] of [
      ['other', {}],
      ['shop', { userId: 'someone' }],
      ['shop', { prompt: 'Build a zoo' }],
    ] as const) {
      await expect(start(project, 'a3', over)).rejects.toMatchObject({ reason: 'version_exists' });
    }
  });

  test('a parent must be a version of the same project and owner', async () => {
    await start('family', 'a5');
    expect((await start('family', 'a6', { parentVersionId: id('a5') })).version.parentId).toBe(id('a5'));
    for (const [project, over] of [
      ['strangers', {}],
      ['family', { parentVersionId: id('a9') }],
    ] as const) {
      await expect(start(project, 'a7', { parentVersionId: id('a5'), ...over })).rejects.toMatchObject({
        reason: 'unknown_parent',
      });
    }
  });

  test('a project has one owner: whoever came first, also of two who come at once', async () => {
    const attempts = await Promise.allSettled([
      start('contested', 'b1', { userId: 'one' }),
      start('contested', 'b2', { userId: 'two' }),
      start('contested', 'b3', { userId: 'three' }),
    ]);
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [refused] = attempts.filter((attempt) => attempt.status === 'rejected');
    expect(refused?.reason).toMatchObject({ name: 'Conflict', reason: 'owned_by_another' });
  });

  test('each owner of a legacy project of two goes on as one', async () => {
    await system.owner.query(
      `insert into project_versions (project_id, version_id, user_id, prompt, status)
       values ('two-owners', 'legacy-1', 'her', 'x', 'deployed'), ('two-owners', 'legacy-2', 'him', 'x', 'deployed')`,
    );
    expect((await start('two-owners', 'c1', { userId: 'him' })).created).toBe(true);
  });

  test('a retry after an answer that got lost on the way finds its own commit', async () => {
    system.dataApi.faults.add({ kind: 'unavailable-after', operation: 'Execute' });
    expect(await start('shop', 'a4')).toMatchObject({ version: { id: id('a4') } });
  });
});

describe('a build ends', () => {
  const deployed = {
    status: 'deployed',
    previewUrl: 'https://preview.example.com',
    artifactUrl: 'https://artifacts.example.com/1.tgz',
    artifactSize: 2_147_483_648,
    artifactChecksum: 'a'.repeat(64),
    buildDurationMs: 1_000,
  } as const;

  test('deployed: what is known is kept, deployedAt set once', async () => {
    await start('site', 'd1');
    const version = await recordEnd(system.worker, 'site', id('d1'), deployed, { filesChanged: 3, linesAdded: 0 });
    expect(version).toMatchObject({
      status: 'deployed',
      metadataStatus: 'pending',
      previewUrl: deployed.previewUrl,
      canPublish: true,
      stats: { filesChanged: 3, linesAdded: 0, linesRemoved: null },
    });
    const again = await recordEnd(system.worker, 'site', id('d1'), deployed, { filesChanged: 3, linesAdded: 0 });
    expect(again.deployedAt).toBe(version.deployedAt);
  });

  test('failed: no metadata is due', async () => {
    await start('site', 'd2');
    const version = await recordEnd(system.worker, 'site', id('d2'), { status: 'failed' });
    expect(version).toMatchObject({ status: 'failed', metadataStatus: 'none', deployedAt: null, canPublish: false });
  });

  test('another end, or another fact, is refused and changes nothing', async () => {
    await start('site', 'd3');
    const before = await recordEnd(system.worker, 'site', id('d3'), deployed);
    for (const report of [
      { status: 'failed' } as const,
      { ...deployed, previewUrl: 'https://elsewhere.example.com' },
    ]) {
      await expect(recordEnd(system.worker, 'site', id('d3'), report)).rejects.toThrow(Conflict);
    }
    expect(await recordEnd(system.worker, 'site', id('d3'), deployed)).toEqual(before);
  });

  test('a version of another project, or none, is not found', async () => {
    await start('site', 'd4');
    await expect(recordEnd(system.worker, 'other', id('d4'), deployed)).rejects.toThrow(NotFound);
    await expect(recordEnd(system.worker, 'site', id('d5'), deployed)).rejects.toThrow(NotFound);
  });

  test('a build that began before the migration asks for metadata when it deploys', async () => {
    await system.owner.query(
      `insert into project_versions (project_id, version_id, user_id, prompt, status, metadata_status)
       values ('in-flight', $1, 'owner', 'x', 'building', 'none')`,
      [id('e1')],
    );
    expect(await recordEnd(system.worker, 'in-flight', id('e1'), deployed)).toMatchObject({
      metadataStatus: 'pending',
    });
  });
});
