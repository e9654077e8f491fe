import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AskModel, ModelAnswer, Proposal } from '../../../functions/metadata/generator.ts';
import type { Outcome } from '../../../functions/metadata/outcome.ts';
import type { Generators } from '../../../functions/metadata/propose.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { generateBatch } from '../../support/generate.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';

let system: MigratedDatabase;
let count = 0;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

/** A deployed version of a project, and the message that asks for its metadata. */
async function deployed(project = `project-${count}`) {
  const versionId = `01J${String(count++).padStart(23, '0')}`;
  await recordStart(system.worker, project, versionId, { userId: 'ada', prompt: 'Add a search field' });
  await recordEnd(system.worker, project, versionId, { status: 'deployed' });
  const body = JSON.stringify({ type: 'generate-metadata', versionId, projectId: project });
  return { id: `message of ${versionId}`, body, versionId };
}

const PROPOSAL: Proposal = {
  changeType: 'minor',
  name: 'Search',
  description: 'A search field.',
  breakingRisk: 'low',
  confidence: 0.8,
  reasoning: 'It adds a feature.',
  version: null,
  document: null,
};
const proposes: ModelAnswer = { kind: 'proposal', proposal: PROPOSAL, calls: 1 };
const rejects: ModelAnswer = { kind: 'rejected', reason: 'the model refused to answer', calls: 2 };
const away: ModelAnswer = { kind: 'unavailable', reason: 'the model is throttled', calls: 0 };

const asking = (ask: AskModel, callsPerDay = 100_000): Partial<Generators> => ({ model: { ask, callsPerDay } });
const answering = (answer: ModelAnswer) => asking(async () => answer);

const row = async ({ versionId }: { versionId: string }) =>
  (await system.owner.query(`select * from project_versions where version_id = $1`, [versionId])).rows[0];
const callsToday = async () =>
  Number(
    (await system.owner.query('select coalesce(sum(calls), 0) as calls from version_history.model_calls')).rows[0]
      .calls,
  );
const forget = () => system.owner.query('delete from version_history.model_calls');

describe('one version', () => {
  test('the model describes it; the row says so', async () => {
    const message = await deployed();
    const [outcome] = await generateBatch(system.worker, [message], answering(proposes));
    expect(outcome).toMatchObject({ what: 'applied', generated: { source: 'model', fallback: false }, modelCalls: 1 });
    expect(await row(message)).toMatchObject({
      ...{ metadata_status: 'ready', metadata_generator: 'model', metadata_attempts: 1, version_name: 'Search' },
      ...{ metadata_ms: expect.any(Number), classification_confidence: '0.8' },
    });
  });

  test('rules take the place of a model that rejects it: marked, and not sure of themselves', async () => {
    const message = await deployed();
    const [outcome] = await generateBatch(system.worker, [message], answering(rejects));
    expect(outcome).toMatchObject({ what: 'applied', generated: { source: 'rules', fallback: true }, modelCalls: 2 });
    const { classification_confidence: confidence, ...written } = await row(message);
    expect(Number(confidence)).toBeLessThanOrEqual(0.3);
    expect(written).toMatchObject({
      ...{ metadata_status: 'ready', metadata_generator: 'rules', auto_classified: true },
      classification_reasoning: expect.stringMatching(/Rules: .*In the place of the model: the model refused/),
    });
  });

  test('a model that is away is asked again, and the row says why it waits; on the last delivery but one rules do it', async () => {
    const message = await deployed();
    const [first] = await generateBatch(system.worker, [{ ...message, receives: 1 }], answering(away));
    expect(first).toMatchObject({ kind: 'retry', reason: 'the model is throttled' });
    expect(await row(message)).toMatchObject({
      ...{ metadata_status: 'pending', metadata_error: 'the model is throttled', metadata_attempts: 1 },
      metadata_queued_at: expect.any(Date),
    });
    const [fifth] = await generateBatch(system.worker, [{ ...message, receives: 5 }], answering(away));
    expect(fifth).toMatchObject({ what: 'applied', generated: { source: 'rules', fallback: true } });
    expect(await row(message)).toMatchObject({ metadata_status: 'ready', metadata_error: null, metadata_attempts: 2 });
  });

  test('the finished document comes first: no model is asked', async () => {
    const message = await deployed();
    const info = { type: 'shop', framework: 'react', version: '2.0.0', version_description: 'All new.' };
    const recommendations = {
      ...{ schemaVersion: 1, recommendations: [] },
      project_info: { ...info, change_type: 'major', breaking_risk: 'high' },
    };
    const body = JSON.stringify({ ...JSON.parse(message.body), recommendations });
    const ask = async () => Promise.reject(new Error('asked'));
    const [outcome] = await generateBatch(system.worker, [{ ...message, body }], asking(ask));
    expect(outcome).toMatchObject({ generated: { source: 'document' }, modelCalls: 0 });
    expect(await row(message)).toMatchObject({ metadata_generator: 'document', major_version: 2 });
  });

  test('a batch whose answer got lost counts as one attempt, and its model calls once', async () => {
    await forget();
    const message = await deployed();
    system.dataApi.faults.add({ kind: 'unavailable-after', sql: 'read_builds' });
    system.dataApi.faults.add({ kind: 'unavailable-after', sql: 'apply_metadata' });
    const [outcome] = await generateBatch(system.worker, [message], answering(proposes));
    expect(outcome).toMatchObject({ what: 'repeated' });
    expect(await row(message)).toMatchObject({ metadata_attempts: 1, metadata_generator: 'model' });
    expect(await callsToday()).toBe(1);
  });
});

describe('a batch', () => {
  test('one model call that hangs: the other nine are written when the time for the model is over', async () => {
    const messages = [];
    for (let n = 0; n < 10; n++) messages.push(await deployed());
    const hanging = JSON.parse(messages[0]?.body ?? '').versionId;
    const ask: AskModel = ({ message }) =>
      message.versionId === hanging ? new Promise(() => {}) : Promise.resolve(proposes);
    const before = system.calls();
    const began = Date.now();
    const outcomes = await generateBatch(system.worker, messages, { ...asking(ask), modelUntil: began + 500 });
    expect(Date.now() - began).toBeLessThan(1_500);
    expect(system.calls() - before).toBe(2);
    const [first, ...others] = messages.map(({ id }) => outcomes.find((outcome) => outcome.id === id));
    expect(first).toMatchObject({ kind: 'retry', reason: 'the model took too long', modelCalls: 2 });
    for (const outcome of others) expect(outcome).toMatchObject({ what: 'applied' });
  });

  test('asks about five versions at once, and about one version once', async () => {
    let [running, most, asked] = [0, 0, 0];
    const ask: AskModel = async () => {
      asked++;
      most = Math.max(most, ++running);
      await sleep(20);
      running--;
      return proposes;
    };
    const messages = [];
    for (let n = 0; n < 8; n++) messages.push(await deployed());
    const twice = messages.slice(0, 2).map((message) => ({ ...message, id: `${message.id} again` }));
    const outcomes = await generateBatch(system.worker, [...messages, ...twice], asking(ask));
    expect([most, asked]).toEqual([5, 8]);
    expect(outcomes.filter((outcome) => outcome.kind === 'done' && outcome.what === 'applied')).toHaveLength(8);
    expect(outcomes.filter((outcome) => outcome.kind === 'done' && outcome.what === 'repeated')).toHaveLength(2);
  });

  test('a question that fails in a way nobody thought of takes no neighbour along', async () => {
    const [odd, even] = [await deployed(), await deployed()];
    const ask: AskModel = async ({ message }) => {
      if (message.versionId === odd.versionId) throw new TypeError('it held a prompt');
      return proposes;
    };
    const outcomes = await generateBatch(system.worker, [odd, even], asking(ask));
    expect(outcomes.find(({ id }) => id === odd.id)).toMatchObject({ kind: 'retry', reason: 'TypeError' });
    expect(outcomes.find(({ id }) => id === even.id)).toMatchObject({ what: 'applied' });
  });
});

describe('the calls of a day', () => {
  test('never pass the cap, whoever asks at once; rules do the rest', async () => {
    await forget();
    const batches = await Promise.all(
      Array.from({ length: 4 }, async () => [await deployed(), await deployed(), await deployed()]),
    );
    let asked = 0;
    const ask: AskModel = async () => {
      asked++;
      return { kind: 'rejected', reason: 'the model answered badly twice', calls: 2 };
    };
    const outcomes = await Promise.all(
      batches.map((messages) => generateBatch(system.worker, messages, asking(ask, 14))),
    );
    expect(asked).toBe(7);
    expect(await callsToday()).toBe(14);
    const all = outcomes.flat() as Extract<Outcome, { what: 'applied' }>[];
    expect(all.map(({ generated }) => generated.source)).toEqual(Array(12).fill('rules'));
    const late = await deployed();
    await generateBatch(system.worker, [late], asking(ask, 14));
    expect((await row(late)).classification_reasoning).toContain('the model calls of this day are used up');
  });

  test('what was reserved and not needed is given back; what is past is forgotten', async () => {
    await forget();
    await system.owner.query(`insert into version_history.model_calls values ('old', current_date - 3, 5)`);
    await generateBatch(system.worker, [await deployed(), await deployed()], answering(proposes));
    expect(await callsToday()).toBe(2);
  });
});
