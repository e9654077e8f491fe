import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Delivery, Outcome } from '../../../functions/metadata/outcome.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { generateBatch } from '../../support/generate.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

const id = (name: string): string => `01J${name.toUpperCase().padStart(23, '0')}`;

async function build(
  project: string,
  version: string,
  status?: 'deployed' | 'failed',
  prompt = 'Build a shop',
): Promise<void> {
  await recordStart(system.worker, project, id(version), { userId: 'owner', prompt });
  if (status) await recordEnd(system.worker, project, id(version), { status });
}

const message = (
  projectId: string,
  version: string,
  over: object = {},
): Omit<Delivery, 'receives' | 'correlationId'> => ({
  id: `message-${version}-${Math.random()}`,
  body: JSON.stringify({ type: 'generate-metadata', versionId: id(version), projectId, ...over }),
});

const document = (over: object = {}) => ({
  schemaVersion: 1,
  recommendations: [],
  project_info: {
    type: 'shop',
    framework: 'react',
    version: '0.2.0',
    version_description: 'Adds search. And filters.',
    change_type: 'minor',
    breaking_risk: 'low',
    ...over,
  },
});

async function generate(
  deliveries: Omit<Delivery, 'receives' | 'correlationId'>[],
): Promise<(Outcome & { reason?: string; what?: string })[]> {
  const outcomes = await generateBatch(system.worker, deliveries);
  expect(outcomes).toHaveLength(deliveries.length);
  return deliveries.map(({ id }) => outcomes.find((outcome) => outcome.id === id) as Outcome);
}

const row = async (version: string) =>
  (await system.owner.query(`select * from project_versions where version_id = $1`, [id(version)])).rows[0];

describe('one message', () => {
  test('the finished document becomes the metadata; the first number is the proposed one', async () => {
    await build('doc', 'a1', 'deployed');
    expect(await generate([message('doc', 'a1', { recommendations: document() })])).toMatchObject([
      { kind: 'done', what: 'applied' },
    ]);
    expect(await row('a1')).toMatchObject({
      major_version: 0,
      minor_version: 2,
      patch_version: 0,
      version_name: 'Adds search.',
      version_description: 'Adds search. And filters.',
      change_type: 'minor',
      breaking_risk: 'low',
      metadata_status: 'ready',
      auto_classified: true,
    });
    const { rows } = await system.owner.query(`select * from version_history.recommendations where version_id = $1`, [
      id('a1'),
    ]);
    expect(rows).toMatchObject([{ project_id: 'doc', user_id: 'owner', document: document() }]);
  });

  test.each(['v1.2.3', '1.2', '1e3.0.0', '99999999999.0.0', 'latest'])(
    'a proposed number %j that is none is passed over: 1.0.0',
    async (version) => {
      const name = `b${version.length}${version.charCodeAt(0)}`;
      await build(`odd-${version}`, name, 'deployed');
      await generate([message(`odd-${version}`, name, { recommendations: document({ version }) })]);
      expect(await row(name)).toMatchObject({ major_version: 1, minor_version: 0, patch_version: 0 });
    },
  );

  test('a first number near the end of the integers is passed over; a number known in part counts as what it is', async () => {
    await build('huge', 'p1', 'deployed');
    await generate([message('huge', 'p1', { recommendations: document({ version: '2147483647.0.0' }) })]);
    expect(await row('p1')).toMatchObject({ major_version: 1 });
    await system.owner.query(
      `update project_versions set major_version = 3, minor_version = null where version_id = $1`,
      [id('p1')],
    );
    await build('huge', 'p2', 'deployed');
    await generate([message('huge', 'p2', { recommendations: document() })]);
    expect(await row('p2')).toMatchObject({ major_version: 3, minor_version: 1, patch_version: 0 });
  });

  test('without a document, rules read the prompt, or the commits; statistics are kept', async () => {
    await build('rules', 'c1', 'deployed');
    await build('rules', 'c2', 'deployed', 'Make the button blue');
    await generate([message('rules', 'c1')]);
    await generate([
      message('rules', 'c2', { changes: { filesChanged: 2, linesAdded: 0, commits: ['feat: dark mode'] } }),
    ]);
    expect(await row('c1')).toMatchObject({ change_type: 'major', major_version: 1 });
    expect(await row('c2')).toMatchObject({
      ...{ change_type: 'minor', major_version: 1, minor_version: 1 },
      ...{ files_changed: 2, lines_added: 0, lines_removed: null },
    });
  });

  test('a second message changes nothing, but a document that comes second is kept', async () => {
    await build('twice', 'd1', 'deployed');
    await generate([message('twice', 'd1')]);
    const before = await row('d1');
    expect(await generate([message('twice', 'd1', { recommendations: document() })])).toMatchObject([
      { what: 'repeated' },
    ]);
    expect(await row('d1')).toEqual(before);
    const { rows } = await system.owner.query(
      `select document from version_history.recommendations where version_id = $1`,
      [id('d1')],
    );
    expect(rows).toHaveLength(1);
  });

  test("a person's words written before the metadata came are never overwritten", async () => {
    await build('person', 'e1', 'deployed');
    await system.owner.query(
      `update project_versions set auto_classified = false, version_name = 'Mine', change_type = 'patch' where version_id = $1`,
      [id('e1')],
    );
    expect(await generate([message('person', 'e1', { recommendations: document() })])).toMatchObject([
      { what: 'overridden' },
    ]);
    expect(await row('e1')).toMatchObject({
      version_name: 'Mine',
      change_type: 'patch',
      auto_classified: false,
      metadata_status: 'ready',
    });
  });
});

describe('what cannot be done', () => {
  test('a version that is not there yet, or not deployed yet, is tried again', async () => {
    await build('early', 'f1');
    for (const over of [{}, { recommendations: document() }]) {
      expect(await generate([message('early', 'f1', over), message('early', 'f2', over)])).toMatchObject([
        { kind: 'retry', reason: expect.stringContaining('not deployed yet') },
        { kind: 'retry', reason: expect.stringContaining('not recorded yet') },
      ]);
    }
  });

  test('a failed build, and a version of another project, are refused with the reason', async () => {
    await build('lost', 'g1', 'failed');
    await build('lost', 'g2', 'deployed');
    for (const over of [{}, { recommendations: document() }]) {
      expect(await generate([message('lost', 'g1', over), message('not-lost', 'g2', over)])).toMatchObject([
        { kind: 'refused', reason: expect.stringContaining('build of this version failed') },
        { kind: 'refused', reason: expect.stringContaining('another project') },
      ]);
    }
    expect(await row('g2')).toMatchObject({ metadata_status: 'pending', major_version: null });
  });

  test('the database away: every message is tried again', async () => {
    await build('away', 'h1', 'deployed');
    system.dataApi.faults.add({ kind: 'unavailable', operation: 'Execute', count: 3 });
    expect(await generate([message('away', 'h1')])).toMatchObject([{ kind: 'retry', reason: 'DatabaseUnavailable' }]);
    expect(await generate([message('away', 'h1')])).toMatchObject([{ what: 'applied' }]);
  });
});

describe('a batch of ten', () => {
  test('costs at most two calls, one when every message brings its document', async () => {
    for (let n = 0; n < 20; n++) await build(`batch-${n % 3}`, `m${n}`, 'deployed');
    const plain = Array.from({ length: 10 }, (_, n) => message(`batch-${n % 3}`, `m${n}`));
    let before = system.calls();
    for (const outcome of await generate(plain)) expect(outcome).toMatchObject({ what: 'applied' });
    expect(system.calls() - before).toBe(2);

    const finished = Array.from({ length: 10 }, (_, n) =>
      message(`batch-${(n + 10) % 3}`, `m${n + 10}`, { recommendations: document() }),
    );
    before = system.calls();
    for (const outcome of await generate(finished)) expect(outcome).toMatchObject({ what: 'applied' });
    expect(system.calls() - before).toBe(1);
  });

  test('each message has an outcome of its own: nine bad ones never fail the good one', async () => {
    await build('mixed', 'j1', 'deployed');
    await build('mixed', 'j2');
    await build('mixed', 'j3', 'failed');
    // The highest number there can be: the next major is past int4, an error inside this version's own sub-transaction.
    await build('full', 'j4', 'deployed');
    await generate([message('full', 'j4')]);
    await system.owner.query(`update project_versions set major_version = 2147483647 where version_id = $1`, [
      id('j4'),
    ]);
    await build('full', 'j5', 'deployed');
    const outcomes = await generate([
      { id: 'not-json', body: '{' },
      { id: 'unknown-type', body: '{"type":"make-coffee"}' },
      { id: 'retired', body: '{"type":"classify-version","versionId":"x"}' },
      message('mixed', 'j2', { recommendations: document() }),
      message('mixed', 'j3'),
      message('mixed', 'j9'),
      message('other', 'j1', { recommendations: document() }),
      message('full', 'j5', { recommendations: document({ change_type: 'major' }) }),
      message('mixed', 'j1', { surprise: true }),
      message('mixed', 'j1'),
    ]);
    expect(outcomes.map(({ kind, what }) => what ?? kind)).toEqual([
      ...['refused', 'refused', 'retired', 'retry', 'refused', 'retry', 'refused', 'refused', 'refused', 'applied'],
    ]);
    expect(outcomes[7]?.reason).toBe('the database refused the metadata (22003)');
    // A version whose message can never succeed says so itself.
    expect(await row('j5')).toMatchObject({
      metadata_status: 'failed',
      metadata_error: 'the database refused the metadata (22003)',
    });
  });

  test('a version whose only message is wrong has failed, with the reason; a right one mends it', async () => {
    await build('wrong', 'n1', 'deployed');
    expect(
      await generate([message('wrong', 'n1', { surprise: true }), message('other', 'n1', { surprise: true })]),
    ).toMatchObject([{ kind: 'refused' }, { kind: 'refused' }]);
    expect(await row('n1')).toMatchObject({
      metadata_status: 'failed',
      metadata_error: expect.stringContaining('surprise'),
    });
    expect(await generate([message('wrong', 'n1')])).toMatchObject([{ what: 'applied' }]);
    expect(await row('n1')).toMatchObject({ metadata_status: 'ready', metadata_error: null });
  });

  test('two messages for one version in one batch: one metadata', async () => {
    await build('pair', 'k1', 'deployed');
    const outcomes = await generate([message('pair', 'k1'), message('pair', 'k1')]);
    expect(outcomes.map(({ what }) => what).sort()).toEqual(['applied', 'repeated']);
  });
});
