import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classifyByRules } from '../../../functions/metadata/rules.ts';
import type { BuildRow } from '../../../functions/versions/queries.ts';
import { measure, reliability } from '../../bench/rules.ts';
import { runs } from '../../support/effort.ts';

const build: BuildRow = {
  version_id: '01J0000000000000000000000A',
  project_id: 'shop',
  status: 'deployed',
  metadata_status: 'pending',
  framework: 'react',
  prompt: 'Add a search page\nwith filters',
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

test('whatever the texts are, there is an answer within its bounds, in words of our own', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ maxLength: 2_000 }),
    fc.constantFrom('feat(((:', '\n\n', '!:'),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), text, (commits, prompt) => {
      const { name, description, reasoning, confidence } = classify(commits, { prompt });
      expect(name.length).toBeGreaterThan(0);
      expect(name.length).toBeLessThanOrEqual(100);
      expect(description.length).toBeLessThanOrEqual(500);
      expect(reasoning).toMatch(/^Rules: [a-z0-9 ,()]+\.$/);
      expect(confidence).toBeGreaterThan(0.5);
      expect(confidence).toBeLessThanOrEqual(0.8);
    }),
    runs(200),
  );
});

test.each([['add '], ['a('], ['feat('], ['fix:'], [' '], ['\n'], ['miss'], ['😀']])(
  'a megabyte of %j takes no longer than its length asks for',
  (part) => {
    const commits = Array(200).fill(part.repeat(2_500));
    const began = performance.now();
    classify([...commits, part.repeat(1_000_000)]);
    expect(performance.now() - began).toBeLessThan(500);
  },
);

// The figures of npm run bench -- --only rules: a change of the rules that makes them worse is seen here.
test('on real changes they are right more often than ten words, and as often as they say', () => {
  const { 'the rules': rules, 'ten words': words } = measure();
  expect(rules?.all.share).toBeGreaterThanOrEqual(0.79);
  expect((rules?.all.share ?? 0) - (words?.all.share ?? 1)).toBeGreaterThanOrEqual(0.05);
  for (const { confidence, low, high } of reliability()) {
    expect(confidence).toBeGreaterThanOrEqual(low - 0.01);
    expect(confidence).toBeLessThanOrEqual(high);
  }
});
