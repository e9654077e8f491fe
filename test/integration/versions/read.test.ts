import { afterAll, beforeAll, expect, test } from 'vitest';
import { NotFound } from '../../../functions/platform/errors.ts';
import { updateMetadata } from '../../../functions/versions/queries.ts';
import { readVersion } from '../../../functions/versions/read.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';
import { build, list } from '../../support/versions.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

const recommendation = (id: number, prompt = `Prompt ${id}`) => ({
  id,
  title: `Idea ${id}`,
  description: '',
  category: 'ux',
  complexity: 'low',
  impact: 'high',
  versionHint: 'minor',
  prompt,
});

const documentOf = (recommendations: object[]) => ({
  schemaVersion: 1,
  recommendations,
  project_info: { type: 'shop', framework: 'react', version: '1.0.0' },
});

test('a version is its item in the list and what only here is told, in one call', async () => {
  const target = await build(system, 'shop', 'a1', {
    ...{ status: 'deployed', artifactUrl: 'https://artifacts.example.com/1' },
    ...{ installDurationMs: 4_000, buildDurationMs: 21_500, deployDurationMs: 1_200 },
  });
  const description = 'd'.repeat(2_000);
  const document = documentOf([recommendation(2), recommendation(1)]);
  await updateMetadata(system.worker, [
    {
      ...{ key: '1', version_id: target.versionId, project_id: 'shop', change_type: 'minor', document },
      ...{ version_description: description, classification_reasoning: 'A new page' },
      ...{ metadata_generator: 'model', metadata_ms: 812, delivery: 'm 1' },
    },
  ]);
  const before = system.calls();
  const version = await readVersion(system.api, target, true);
  expect(system.calls() - before).toBe(1);
  const [item] = await list(system, 'shop');
  expect(version).toEqual({
    ...item,
    projectId: 'shop',
    fullDescription: description,
    reasoning: 'The first version of a project is major. A new page',
    metadataGenerator: 'model',
    metadataAttempts: 1,
    metadataMs: 812,
    durations: { installMs: 4_000, buildMs: 21_500, deployMs: 1_200 },
    recommendations: document,
  });
});

test('prompts are left out for whoever is not the owner; nothing else is', async () => {
  const target = await build(system, 'prompts', 'b1');
  const document = documentOf([recommendation(1)]);
  await updateMetadata(system.worker, [
    { key: '1', version_id: target.versionId, project_id: 'prompts', change_type: 'minor', document },
  ]);
  const { prompt: _, ...rest } = recommendation(1);
  expect((await readVersion(system.api, target, false)).recommendations).toEqual(documentOf([rest]));
});

test('without recommendations there are none; an empty document is one', async () => {
  const target = await build(system, 'bare', 'c1');
  expect(await readVersion(system.api, target, true)).toMatchObject({ recommendations: null, fullDescription: null });
  await updateMetadata(system.worker, [
    { key: '1', version_id: target.versionId, project_id: 'bare', change_type: 'minor', document: documentOf([]) },
  ]);
  expect((await readVersion(system.api, target, true)).recommendations).toEqual(documentOf([]));
});

test('the longest document and texts stay within 64 KB a row', async () => {
  const target = await build(system, 'fat', 'd1');
  const document = documentOf(Array.from({ length: 4 }, (_, id) => recommendation(id, '\u20ac'.repeat(5_000))));
  const escaped = '\u0001'.repeat(5_000);
  await updateMetadata(system.worker, [
    {
      ...{ key: '1', version_id: target.versionId, project_id: 'fat', change_type: 'minor', document },
      ...{ version_description: escaped, reasoning: escaped },
    },
  ]);
  expect(await readVersion(system.api, target, true)).toMatchObject({
    fullDescription: escaped,
    recommendations: document,
  });
});

test('a deleted version can still be read; somebody else’s cannot', async () => {
  const target = await build(system, 'mine', 'e1');
  await system.owner.query(`update project_versions set soft_deleted_at = now() where version_id = $1`, [
    target.versionId,
  ]);
  expect((await readVersion(system.api, target, true)).deletedAt).not.toBeNull();
  await expect(readVersion(system.api, { ...target, userId: 'intruder' }, true)).rejects.toEqual(
    new NotFound('There is no such version in this project.'),
  );
});
