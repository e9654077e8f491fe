import { afterAll, beforeAll, expect, test } from 'vitest';
import { NotFound } from '../../../functions/platform/errors.ts';
import { parse } from '../../../functions/platform/parse.ts';
import type { Target } from '../../../functions/versions/change-queries.ts';
import { remove } from '../../../functions/versions/delete.ts';
import { edit, editRequest } from '../../../functions/versions/edit.ts';
import { updateMetadata } from '../../../functions/versions/queries.ts';
import { readVersion } from '../../../functions/versions/read.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';
import { build } from '../../support/versions.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

const generated = { version_name: 'Generated', version_description: 'By the model', change_type: 'minor' };
const apply = ({ projectId, versionId }: Target) =>
  updateMetadata(system.worker, [{ key: '1', version_id: versionId, project_id: projectId, ...generated }]);

test('writes what is named and keeps the rest, the number too, in one call', async () => {
  const target = await build(system, 'shop', 'a1');
  await apply(target);
  const before = system.calls();
  const { version } = await edit(system.api, target, { name: 'Search' });
  expect(system.calls() - before).toBe(1);
  const { type } = version;
  expect(version).toMatchObject({
    name: 'Search',
    description: 'By the model',
    semver: '1.0.0',
    autoClassified: false,
  });
  expect((await edit(system.api, target, { type: 'major' })).version).toMatchObject({
    name: 'Search',
    type: 'major',
    semver: '1.0.0',
  });
  expect(type).toBe('minor');
});

test('a person’s word comes before the metadata as well: the words and the kind stay, the number follows the kind', async () => {
  const first = await build(system, 'early', 'b1');
  await apply(first);
  const target = await build(system, 'early', 'b2');
  const { version } = await edit(system.api, target, { name: 'Mine', type: 'major' });
  expect(version).toMatchObject({ metadataStatus: 'pending', semver: null, autoClassified: false });
  expect(await apply(target)).toMatchObject([{ outcome: 'overridden' }]);
  expect(await readVersion(system.api, target, false)).toMatchObject({
    name: 'Mine',
    type: 'major',
    description: 'By the model',
    semver: '2.0.0',
    metadataStatus: 'ready',
    autoClassified: false,
  });
});

test('a description longer than the list shows is whole where one version is read', async () => {
  const target = await build(system, 'long', 'c1');
  const description = '\u{1f600}'.repeat(2_500);
  const { version } = await edit(system.api, target, { description });
  expect(version.description).toBe('\u{1f600}'.repeat(500));
  expect((await readVersion(system.api, target, false)).fullDescription).toBe(description);
});

test('a deleted version is refused; somebody else’s is not there', async () => {
  const target = await build(system, 'shop', 'd1');
  await expect(edit(system.api, { ...target, userId: 'intruder' }, { name: 'x' })).rejects.toEqual(
    new NotFound('There is no such version in this project.'),
  );
  await remove(system.api, target);
  await expect(edit(system.api, target, { name: 'x' })).rejects.toMatchObject({ reason: 'deleted' });
});

test.each([
  [{}, 'body: must have at least one of name, description, type'],
  [{ name: '' }, 'name: '],
  [{ name: 'x'.repeat(101) }, 'name: '],
  [{ type: 'rollback' }, 'type: must be major, minor or patch'],
  [{ semver: '9.9.9' }, 'semver: is not known; allowed: name, description, type'],
  ['Search', 'body: '],
])('%j is refused by name', (body, message) => {
  expect(() => parse(editRequest, body)).toThrow(message);
});
