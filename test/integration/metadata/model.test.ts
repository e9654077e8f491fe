import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GeneratorInput, ModelAnswer } from '../../../functions/metadata/generator.ts';
import { runs } from '../../support/effort.ts';
import { anyAnswer, HOSTILE_ANSWERS } from '../../support/hostile-answers.ts';
import { INJECTIONS } from '../../support/injections.ts';
import { type LocalModel, startLocalModel } from '../../support/local-model.ts';

let model: LocalModel;
beforeAll(async () => {
  model = await startLocalModel();
});
beforeEach(() => model.answers.clear());
afterAll(() => model.close());

const PROMPT = 'Build me a shop for purple hats';
const input = (prompt = PROMPT, commits?: string[]): GeneratorInput => ({
  message: {
    type: 'generate-metadata',
    versionId: '01J00000000000000000000000',
    projectId: 'shop',
    changes: { commits },
  },
  build: {
    ...{ version_id: '01J00000000000000000000000', project_id: 'shop', status: 'deployed', metadata_status: 'pending' },
    ...{ framework: 'react', prompt },
  },
});
const never = new AbortController().signal;
const ask = (question = input(), signal = never) => model.ask()(question, signal);
const asked = () => model.answers.requests.map(({ body }) => JSON.parse(body));

/** What every answer comes to, whatever the model said. */
function expectBounded(answer: ModelAnswer): void {
  expect(answer.calls).toBeGreaterThanOrEqual(0);
  expect(answer.calls).toBeLessThanOrEqual(2);
  if (answer.kind !== 'proposal') {
    expect(answer.reason).toMatch(/^[a-zA-Z ,:]{5,100}$/);
    return;
  }
  const { name, description, reasoning, confidence, changeType, breakingRisk } = answer.proposal;
  for (const [text, max] of [
    [name, 100],
    [description, 2_000],
    [reasoning, 1_000],
  ] as const) {
    expect(text.length).toBeGreaterThan(0);
    expect(text.length).toBeLessThanOrEqual(max);
    expect(text.isWellFormed() && !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text)).toBe(true);
  }
  expect(confidence).toBeGreaterThanOrEqual(0);
  expect(confidence).toBeLessThanOrEqual(0.95);
  expect(['major', 'minor', 'patch']).toContain(changeType);
  expect(['none', 'low', 'medium', 'high']).toContain(breakingRisk);
}

describe('a question', () => {
  test('is asked once, coldly and within bounds, with a schema', async () => {
    expect(await ask(input(PROMPT, ['feat: hats']))).toMatchObject({ kind: 'proposal', calls: 1 });
    expect(asked()).toMatchObject([
      {
        inferenceConfig: { temperature: 0, maxTokens: 1_200 },
        outputConfig: { textFormat: { type: 'json_schema' } },
        messages: [{ role: 'user' }],
      },
    ]);
  });

  test('is clipped, whatever came', async () => {
    await ask(input('p'.repeat(200_000), Array(1_000).fill('c'.repeat(2_000))));
    expect(model.answers.requests[0]?.body.length).toBeLessThan(25_000);
    expect(JSON.parse(asked()[0].messages[0].content[0].text)).toMatchObject({ commits_left_out: 950 });
  });

  test.each(INJECTIONS.map((text) => [text]))('holds the words of users as data alone: %s', async (text) => {
    await ask(input(text, [text]));
    const [{ system, messages }] = asked();
    const calm = asked()[0].system;
    expect(system).toEqual(calm);
    expect(messages).toHaveLength(1);
    // One JSON document, in which the words stand where words stand.
    const build = JSON.parse(messages[0].content[0].text);
    expect(build.asked_for).toBe(text.slice(0, 6_000));
    expect(build.commits).toEqual([text.slice(0, 200)]);
    expect(JSON.stringify(system)).not.toContain(text.slice(0, 30));
  });

  test('of a model that knows no schema is asked by a tool, of one that knows no tools in words; refusals cost nothing', async () => {
    const askIt = model.ask();
    model.answers.add({ match: 'outputConfig', error: 'ValidationException', count: 9 });
    expect(await askIt(input(), never)).toMatchObject({ kind: 'proposal', calls: 1 });
    model.answers.add({ match: 'toolConfig', error: 'ValidationException', count: 9 });
    expect(await askIt(input(), never)).toMatchObject({ kind: 'proposal', calls: 1 });
    expect(await askIt(input(), never)).toMatchObject({ kind: 'proposal', calls: 1 });
    const ways = asked().map(({ outputConfig, toolConfig }) =>
      outputConfig ? 'schema' : toolConfig ? 'tool' : 'text',
    );
    // What the process has learned it keeps.
    expect(ways).toEqual(['schema', 'tool', 'tool', 'text', 'text']);
  });

  test('of a model that takes no temperature goes without, and keeps its schema', async () => {
    const askIt = model.ask();
    const message = '`temperature` is deprecated for this model.';
    model.answers.add({ match: '"temperature"', error: 'ValidationException', message, count: 9 });
    expect(await askIt(input(), never)).toMatchObject({ kind: 'proposal', calls: 1 });
    expect(await askIt(input(), never)).toMatchObject({ kind: 'proposal', calls: 1 });
    const asks = asked().map(({ outputConfig, inferenceConfig }) => [!!outputConfig, inferenceConfig.temperature]);
    expect(asks).toEqual([
      [true, 0],
      [true, undefined],
      [true, undefined],
    ]);
  });

  test('after an answer that cannot be used is put once more, and says what was wrong', async () => {
    model.answers.add({ text: 'I think it is minor.' });
    expect(await ask()).toMatchObject({ kind: 'proposal', calls: 2 });
    const [, second] = asked();
    expect(second.messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(second.messages[2].content[0].text).toContain('it holds no JSON object');
    expect(second.messages[1].content[0].text).toBe('I think it is minor.');
  });

  test('is given up the moment its time is over', async () => {
    for (const scripted of [{ hang: true }, { delayMs: 5_000 }]) {
      model.answers.add(scripted);
      const began = Date.now();
      const answer = await ask(input(), AbortSignal.timeout(150));
      expect(answer).toEqual({ kind: 'unavailable', reason: 'the model took too long', calls: 1 });
      expect(Date.now() - began).toBeLessThan(600);
    }
    expect(await ask(input(), AbortSignal.abort())).toMatchObject({ kind: 'unavailable', calls: 0 });
  });

  test.each([
    ['ThrottlingException', 'the model is throttled'],
    ['ServiceUnavailableException', 'the model cannot be reached'],
    ['AccessDeniedException', 'the model may not be invoked: enable access to it in Bedrock, in this region'],
    ['ResourceNotFoundException', 'there is no such model: check the context key modelId'],
  ])('%s may be answered later, and costs nothing', async (error, reason) => {
    model.answers.add({ error });
    expect(await ask()).toEqual({ kind: 'unavailable', reason, calls: 0 });
  });
});

describe('a hostile answer', () => {
  test(`there are ${HOSTILE_ANSWERS.length} of them`, () => expect(HOSTILE_ANSWERS.length).toBeGreaterThanOrEqual(150));

  test.each(HOSTILE_ANSWERS)('%s', async (_, scripted) => {
    model.answers.add({ count: 2, ...scripted });
    expectBounded(await ask());
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('of any kind', async () => {
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (scripted) => {
        model.answers.clear();
        model.answers.add({ count: 2, ...scripted });
        expectBounded(await ask());
      }),
      runs(60),
    );
  });
});
