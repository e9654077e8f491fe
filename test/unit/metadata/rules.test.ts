import { expect, test } from 'vitest';
import { classifyByRules } from '../../../functions/metadata/rules.ts';
import type { BuildRow } from '../../../functions/versions/queries.ts';

const build: BuildRow = {
  version_id: '01J0000000000000000000000A',
  project_id: 'shop',
  status: 'deployed',
  metadata_status: 'pending',
  framework: 'react',
  prompt: 'Add a search page\nwith filters',
  first: false,
};

const classify = (commits: string[] | undefined, over: Partial<BuildRow> = {}) =>
  classifyByRules({
    message: {
      type: 'generate-metadata',
      versionId: build.version_id,
      projectId: build.project_id,
      ...(commits && { changes: { commits } }),
    },
    build: { ...build, ...over },
  });

test.each([
  [['fix: button does nothing'], 'patch'],
  [['feat: dark mode'], 'minor'],
  [['fix!: drop the old route'], 'major'],
  [['feat(api)!: new shape'], 'major'],
  [['Fix typo', 'Add export to PDF'], 'minor'],
  [['refactor to not require a dependency'], 'patch'],
  [undefined, 'minor'],
  [[''], 'minor'],
])('%j reads as %s', async (commits, changeType) => {
  expect(await classify(commits)).toMatchObject({ changeType });
});

test('the first version of a project is a major one, whatever its commits say', async () => {
  expect(await classify(['fix: typo'], { first: true })).toMatchObject({ changeType: 'major' });
});

test('name and description are what was done, clipped between characters', async () => {
  const long = `Add ${'😀'.repeat(400)}`;
  const proposal = await classify([long]);
  expect(proposal?.name.isWellFormed()).toBe(true);
  expect(proposal?.name.length).toBeLessThanOrEqual(100);
  expect(proposal?.description.isWellFormed()).toBe(true);
  expect(await classify(['Add export', 'Fix typo'])).toMatchObject({
    name: 'Add export',
    description: 'Add export; Fix typo',
  });
});

test('a prompt of blanks still makes a name', async () => {
  expect(await classify(undefined, { prompt: '   ' })).toMatchObject({ name: 'Unnamed' });
});
