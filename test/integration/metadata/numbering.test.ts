import fc from 'fast-check';
import semver from 'semver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Proposal } from '../../../functions/metadata/generator.ts';
import { insertVersion, updateBuildEnd, updateMetadata } from '../../../functions/versions/queries.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { allReleases } from '../../../infra/local/sample/releases.ts';
import { LONG, runs } from '../../support/effort.ts';
import { generateBatch } from '../../support/generate.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

/** The number `version_history.next_semver` gives after `highest`. */
async function next(change: string, highest: string | null, tag: string | null = null): Promise<string> {
  const parts = highest === null ? null : semver.parse(highest);
  const { rows } = await system.owner.query(
    `select major, minor, patch, prerelease from version_history.next_semver($1, $2, $3, $4, $5, $6, null, null, null)`,
    [change, tag, parts?.major, parts?.minor, parts?.patch, parts?.prerelease.join('.') || null],
  );
  const { major, minor, patch, prerelease } = rows[0];
  return `${major}.${minor}.${patch}${prerelease ? `-${prerelease}` : ''}`;
}

describe('the next number', () => {
  test('613 of 619 real releases follow from their predecessor; the six others skipped a number', async () => {
    const skipped: string[] = [];
    for (const { project, previousVersion, version, changeType } of allReleases()) {
      if ((await next(changeType, previousVersion)) !== version)
        skipped.push(`${project} ${previousVersion} -> ${version}`);
    }
    expect(skipped).toEqual([
      'middyjs/middy 0.2.7 -> 0.2.10',
      'middyjs/middy 0.15.2 -> 0.15.4',
      'middyjs/middy 0.15.8 -> 0.15.10',
      'middyjs/middy 0.29.0 -> 0.30.1',
      'middyjs/middy 0.30.5 -> 0.32.0',
      'netlify/open-api 0.0.3 -> 0.2.0',
    ]);
  });

  test('the first is 1.0.0, or the proposed one', async () => {
    expect(await next('minor', null)).toBe('1.0.0');
  });

  const identifier = fc.oneof(fc.nat(12).map(String), fc.constantFrom('alpha', 'beta', 'rc', 'x-y', 'A'));
  const tag = fc.array(identifier, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
  const number = fc.nat(3);
  const version = fc
    .tuple(number, number, number, fc.option(tag))
    .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre ? `-${pre}` : ''}`);
  const change = fc.constantFrom('major' as const, 'minor' as const, 'patch' as const);

  test('without a tag it is what npm calls it', async () => {
    await fc.assert(
      fc.asyncProperty(change, version, async (type, highest) => {
        expect(await next(type, highest)).toBe(semver.inc(highest, type));
      }),
      runs(200),
    );
  });

  test('it always lies above the highest, and keeps a proposed tag', async () => {
    await fc.assert(
      fc.asyncProperty(change, version, fc.option(tag), async (type, highest, proposed) => {
        const result = await next(type, highest, proposed);
        expect(semver.gt(result, highest)).toBe(true);
        expect(semver.prerelease(result)?.join('.') ?? null).toBe(proposed);
      }),
      runs(200),
    );
  });

  test('prereleases order as SemVer 2.0 section 11 says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.option(tag), fc.option(tag), async (one, other) => {
        const { rows } = await system.owner.query(
          `select case when a > b then 1 when a < b then -1 else 0 end as sign
             from version_history.prerelease_order($1) a, version_history.prerelease_order($2) b`,
          [one, other],
        );
        const text = (pre: string | null) => (pre ? `1.0.0-${pre}` : '1.0.0');
        expect(rows[0].sign).toBe(semver.compare(text(one), text(other)));
      }),
      runs(200),
    );
  });
});

test('16 writers at once: every number of a project is given once, and each follows from the one below it', async () => {
  const { worker: database } = system;
  const projects = ['p0', 'p1', 'p2'];
  const perWriter = LONG ? 100 : 10;
  const versions = Array.from({ length: 16 * perWriter }, (_, index) => ({
    project_id: projects[index % projects.length] as string,
    version_id: `01J${String(index).padStart(23, '0')}`,
  }));
  await Promise.all(
    versions.map(async ({ project_id, version_id }) => {
      await insertVersion(database, { project_id, version_id, user_id: 'user', prompt: 'build' });
      await updateBuildEnd(database, project_id, version_id, { status: 'deployed' });
    }),
  );
  const changes = ['patch', 'minor', 'major', 'patch', 'patch'];
  const items = versions.map((version, index) => ({
    ...version,
    key: version.version_id,
    change_type: changes[index % 5],
  }));
  await Promise.all(
    Array.from({ length: 16 }, async (_, writer) => {
      const own = items.filter((_, index) => index % 16 === writer);
      // Batches of ten hold several projects in different orders: the lock order keeps them from waiting in a circle.
      for (let start = 0; start < own.length; start += 10) {
        let batch = own.slice(start, start + 10);
        while (batch.length > 0) {
          const rows = await updateMetadata(database, batch);
          // Whoever does not get a lock in half a second comes again, as a message does.
          const again = rows.filter(({ outcome, sql_state }) => outcome === 'error' && sql_state === '55P03');
          expect(rows.filter(({ outcome }) => outcome === 'applied')).toHaveLength(batch.length - again.length);
          batch = batch.filter(({ key }) => again.some((row) => row.key === key));
        }
      }
    }),
  );
  for (const project of projects) {
    const { rows } = await system.owner.query(
      `select major_version || '.' || minor_version || '.' || patch_version as number
         from project_versions where project_id = $1
        order by major_version, minor_version, patch_version`,
      [project],
    );
    const numbers = rows.map(({ number }) => number);
    expect(numbers).toHaveLength(versions.filter(({ project_id }) => project_id === project).length);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers[0]).toBe('1.0.0');
    for (const [index, number] of numbers.slice(1).entries()) {
      const previous = numbers[index] as string;
      expect(['major', 'minor', 'patch'].map((type) => semver.inc(previous, type as 'major'))).toContain(number);
    }
  }
});

describe('the first version of a project', () => {
  const PROPOSAL: Proposal = {
    ...{
      changeType: 'patch',
      name: 'Typo',
      description: 'A typo in the footer.',
      breakingRisk: 'none',
      confidence: 0.8,
    },
    ...{ reasoning: 'It mends a text.', version: null, document: null },
  };
  const model = { ask: async () => ({ kind: 'proposal' as const, proposal: PROPOSAL, calls: 1 }), callsPerDay: 1_000 };
  let made = 0;

  async function backlog(project: string, count: number) {
    const messages = [];
    for (let index = 0; index < count; index++) {
      const versionId = `01JF${String(made++).padStart(22, '0')}`;
      await recordStart(system.worker, project, versionId, { userId: 'ada', prompt: 'Fix a typo in the footer' });
      await recordEnd(system.worker, project, versionId, { status: 'deployed' });
      messages.push({
        id: versionId,
        body: JSON.stringify({ type: 'generate-metadata', versionId, projectId: project }),
      });
    }
    return messages;
  }
  const rowsOf = async (project: string) =>
    (
      await system.owner.query(
        `select concat_ws('.', major_version, minor_version, patch_version) as number, change_type, breaking_risk, classification_reasoning as reasoning
           from project_versions where project_id = $1 order by major_version, minor_version, patch_version`,
        [project],
      )
    ).rows;

  test.each([
    ['rules', {}],
    ['model', { model }],
  ])(
    'twenty versions described together by %s, in two batches at once: one is the first, nineteen are patches',
    async (by, generators) => {
      const messages = await backlog(`b${by}`, 20);
      await Promise.all(
        [messages.slice(0, 10), messages.slice(10)].map((batch) => generateBatch(system.worker, batch, generators)),
      );
      const [first, ...others] = await rowsOf(`b${by}`);
      expect(first).toMatchObject({ number: '1.0.0', change_type: 'major', breaking_risk: 'none' });
      expect(first.reasoning).toMatch(/^The first version of a project is major\. /);
      expect(others.map(({ number, change_type }) => `${number} ${change_type}`)).toEqual(
        Array.from({ length: 19 }, (_, index) => `1.0.${index + 1} patch`),
      );
      expect(others.some(({ reasoning }) => reasoning.includes('first version'))).toBe(false);
    },
  );

  test('what the pipeline says was there before the first number counts; that a later one is the first does not', async () => {
    const [first, second] = await backlog('claims', 2);
    const saying = (message: { id: string; body: string }, isInitialBuild: boolean) => ({
      ...message,
      body: JSON.stringify({ ...JSON.parse(message.body), isInitialBuild }),
    });
    await generateBatch(system.worker, [saying(first as never, false)]);
    await generateBatch(system.worker, [saying(second as never, true)]);
    expect(await rowsOf('claims')).toMatchObject([
      { number: '1.0.0', change_type: 'patch' },
      { number: '1.0.1', change_type: 'patch' },
    ]);
  });
});
