import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Generators } from '../../../functions/metadata/propose.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { LONG, runs } from '../../support/effort.ts';
import { generateBatch } from '../../support/generate.ts';
import { anyAnswer, HOSTILE_ANSWERS } from '../../support/hostile-answers.ts';
import { INJECTIONS } from '../../support/injections.ts';
import { type LocalModel, startLocalModel } from '../../support/local-model.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';

let system: MigratedDatabase;
let model: LocalModel;
let count = 0;
beforeAll(async () => {
  [system, model] = await Promise.all([migratedDatabase(), startLocalModel()]);
});
afterAll(() => Promise.all([system.close(), model.close()]));

type Answers = Parameters<LocalModel['answers']['add']>[0][];

/** Deploys a version for each prompt, has its metadata generated in batches of ten, on a first and on the last delivery but one. */
async function generated(prompts: string[], answers: Answers): Promise<Record<string, unknown>[]> {
  const project = `project-${count}`;
  const ids: string[] = [];
  for (const [index, prompt] of prompts.entries()) {
    const versionId = `01J${String(count++).padStart(23, '0')}`;
    ids.push(versionId);
    await recordStart(system.worker, project, versionId, { userId: 'ada', prompt: `${prompt} marked-${index}.` });
    await recordEnd(system.worker, project, versionId, { status: 'deployed' });
  }
  model.answers.clear();
  for (const [index, answer] of answers.entries())
    model.answers.add({ count: 9, ...answer, match: `marked-${index}.` });
  for (const receives of [1, 5]) {
    for (let from = 0; from < ids.length; from += 10) {
      const messages = ids.slice(from, from + 10).map((versionId) => ({
        id: versionId,
        receives,
        body: JSON.stringify({ type: 'generate-metadata', versionId, projectId: project }),
      }));
      const generators: Partial<Generators> = { model: { ask: model.ask(), callsPerDay: 100_000 } };
      const outcomes = await generateBatch(system.worker, messages, generators);
      expect(outcomes.filter(({ kind }) => kind === 'refused')).toEqual([]);
    }
  }
  const { rows } = await system.owner.query(
    'select * from project_versions where project_id = $1 order by version_id',
    [project],
  );
  return rows;
}

function expectValid(rows: Record<string, unknown>[]): void {
  for (const row of rows) {
    expect(row).toMatchObject({
      metadata_status: 'ready',
      metadata_error: null,
      metadata_generator: expect.stringMatching(/^(model|rules)$/),
      change_type: expect.stringMatching(/^(major|minor|patch)$/),
      version_name: expect.stringMatching(/./),
      auto_classified: true,
    });
  }
  const numbers = rows.map(({ major_version, minor_version, patch_version, prerelease }) =>
    [major_version, minor_version, patch_version, prerelease].join('.'),
  );
  expect(new Set(numbers).size).toBe(rows.length);
}

test('after every hostile answer the version has valid metadata and a number of its own', async () => {
  const rows = await generated(
    HOSTILE_ANSWERS.map(() => 'Add a search field'),
    HOSTILE_ANSWERS.map(([, answer]) => answer),
  );
  expect(rows).toHaveLength(HOSTILE_ANSWERS.length);
  expectValid(rows);
  const byRules = rows.filter(({ metadata_generator }) => metadata_generator === 'rules');
  expect(byRules.length).toBeGreaterThan(50);
  for (const row of byRules) expect(Number(row.classification_confidence)).toBeLessThanOrEqual(0.3);
});

test('after every injection as well, and no order is followed', async () => {
  expectValid(await generated(INJECTIONS, []));
  const { rows } = await system.owner.query(`select 1 from pg_tables where tablename = 'project_versions'`);
  expect(rows).toHaveLength(1);
});

test('after any answer at all', async () => {
  const { numRuns = 1, seed } = runs(40);
  const sample = fc.sample(anyAnswer, { numRuns, ...(seed === undefined ? {} : { seed }) });
  expectValid(
    await generated(
      sample.map(() => 'Fix the footer'),
      sample,
    ),
  );
  if (LONG) expect(sample.length).toBeGreaterThanOrEqual(2_000);
});
