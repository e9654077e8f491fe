import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { groupOf, Queue } from '../../../functions/platform/queue.ts';
import { giveBack, type Letter, redrive, takeLetters } from '../../../infra/cli/letters.ts';
import type { Queues as Pair } from '../../../infra/cli/queues.ts';
import { readableBody, showLetter } from '../../../infra/cli/show-letter.ts';
import { type Queues, startQueues } from '../../support/queue-client.ts';

let queues: Queues;
let folder: string;
let count = 0;
let target: Pair;
let deadLetters: Queue;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
  queues = await startQueues(folder);
});
beforeEach(() => {
  count++;
  const declare = (name: string) => queues.server.declare(`${name}-${count}`, { VisibilityTimeout: '600' }).url;
  target = {
    name: 'metadata',
    worker: 'GenerateMetadata',
    sqs: queues.client,
    queueUrl: declare('queue'),
    deadLetterQueueUrl: declare('dead'),
  };
  deadLetters = new Queue(target.deadLetterQueueUrl, queues.client);
});
afterAll(async () => {
  await queues.stop();
  await rm(folder, { recursive: true });
});

const versionId = '01J00000000000000000000000';
const body = (project: string) => JSON.stringify({ type: 'generate-metadata', versionId, projectId: project });
const bury = (project: string, reason = 'the version is not recorded yet') =>
  deadLetters.send({ body: body(project), group: groupOf(project), attributes: { reason, messageId: 'first' } });

/** How many messages lie in each of the two queues, hidden ones too. */
async function held(): Promise<{ queue: number; dead: number }> {
  const lying = async (QueueUrl: string) => {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    const { Attributes = {} } = await queues.client.send(command);
    return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
  };
  return { queue: await lying(target.queueUrl), dead: await lying(target.deadLetterQueueUrl) };
}

describe('letters', () => {
  test('are all found, with their reason, and given back as they were', async () => {
    for (let n = 0; n < 25; n++) await bury(`project-${n}`);
    await deadLetters.send({ body: 'not JSON' });
    for (const _ of [1, 2]) {
      const letters = await takeLetters(target);
      expect(letters).toHaveLength(26);
      expect(letters[3]).toMatchObject({
        versionId,
        projectId: 'project-3',
        reason: 'the version is not recorded yet',
      });
      expect(letters[25]).toMatchObject({
        versionId: undefined,
        reason: expect.stringContaining('received too often'),
      });
      await giveBack(letters);
    }
    expect(await held()).toEqual({ queue: 0, dead: 26 });
  });

  test('go back on the queue with their group, marked with where they come from, and are gone from here', async () => {
    await bury('shop');
    const [letter] = await takeLetters(target);
    expect(await redrive(letter as Letter)).toMatchObject({ kind: 'redriven' });
    expect(await held()).toEqual({ queue: 1, dead: 0 });
    const [message] = await queues.receive(target.queueUrl);
    expect(message).toMatchObject({ Body: body('shop'), Attributes: { MessageGroupId: groupOf('shop') } });
    expect(Object.keys(message?.MessageAttributes ?? {})).toEqual(['redrivenFrom', 'correlationId']);
  });

  test('stay when the queue does not take them, and can be put back later', async () => {
    await bury('shop');
    const [letter] = await takeLetters(target);
    const gone = { ...target, queueUrl: `${queues.server.url}/000000000000/gone` };
    expect(await redrive({ ...(letter as Letter), queues: gone })).toMatchObject({
      kind: 'kept',
      error: expect.stringContaining('queue'),
    });
    expect(await held()).toEqual({ queue: 0, dead: 1 });
    const [again] = await takeLetters(target);
    expect(await redrive(again as Letter)).toMatchObject({ kind: 'redriven' });
  });

  test('whoever dies between sending and deleting leaves the message in both, never in none', async () => {
    await bury('shop');
    const [letter] = await takeLetters(target);
    const unerasable = { ...target, deadLetterQueueUrl: `${queues.server.url}/000000000000/gone` };
    expect(await redrive({ ...(letter as Letter), queues: unerasable })).toMatchObject({ kind: 'twice' });
    expect(await held()).toEqual({ queue: 1, dead: 1 });
  });

  test('are shown with what to do next, and never with a prompt', async () => {
    const recommendations = [{ id: 1, title: 'Add a map', prompt: 'a secret wish' }];
    await deadLetters.send({
      body: JSON.stringify({
        type: 'generate-metadata',
        versionId,
        projectId: 'shop',
        recommendations: { recommendations },
      }),
      attributes: { reason: 'recommendations.schemaVersion: expected 1', messageId: 'first' },
    });
    const [letter] = await takeLetters(target);
    const shown = showLetter(letter as never);
    expect(shown).toMatch(/reason {4}recommendations\.schemaVersion.*Add a map.*its sender has to fix it/s);
    expect(shown).not.toContain('a secret wish');
    expect(readableBody('x'.repeat(1_000)).length).toBeLessThan(400);
  });
});
