import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SQSRecord } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Outcome } from '../../../functions/metadata/outcome.ts';
import { settle } from '../../../functions/metadata/settle.ts';
import { groupOf, Queue } from '../../../functions/platform/queue.ts';
import { sqsEventOf } from '../../../infra/local/queue/event.ts';
import { type Queues, startQueues } from '../../support/queue-client.ts';
import { eventually } from '../../support/wait.ts';

let queues: Queues;
let folder: string;
let urls: { queue: string; deadLetters: string };
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
  queues = await startQueues(folder);
});
beforeEach(() => {
  count++;
  urls = {
    queue: queues.server.declare(`queue-${count}`, { VisibilityTimeout: '60' }).url,
    deadLetters: queues.server.declare(`dead-${count}`, { VisibilityTimeout: '60' }).url,
  };
});
afterAll(async () => {
  await queues.stop();
  await rm(folder, { recursive: true });
});

const afterwards = (over = {}) => ({
  queue: new Queue(urls.queue, queues.client),
  deadLetters: new Queue(urls.deadLetters, queues.client),
  maxReceives: 3,
  retrySeconds: 1,
  ...over,
});

/** Puts `bodies` on the queue and takes them off it as the records of an event. */
async function delivered(...bodies: string[]) {
  const queue = new Queue(urls.queue, queues.client);
  for (const body of bodies) await queue.send({ body, group: groupOf('shop') });
  return records();
}
const one = async (body: string): Promise<SQSRecord> => (await delivered(body))[0] as SQSRecord;
const records = async () => sqsEventOf(await queues.receive(urls.queue), 'arn', 'us-east-1').Records;

const retry = (id: string): Outcome => ({ id, kind: 'retry', reason: 'the version is not recorded yet' });

test('what is to be tried again stays, and comes back after its back-off, long before the visibility timeout', async () => {
  const record = await one('one');
  const began = Date.now();
  expect(await settle([record], [retry(record.messageId)], afterwards())).toEqual([
    { itemIdentifier: record.messageId },
  ]);
  expect(await records()).toEqual([]);
  const [again] = await eventually('the message again', async () => {
    const found = await records();
    return found.length > 0 && found;
  });
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(again).toMatchObject({ body: 'one', attributes: { ApproximateReceiveCount: '2' } });
});

test('the last delivery, and what can never succeed, goes to the dead letters with the reason and its group', async () => {
  const delivery = await delivered('last', 'wrong');
  const [last, wrong] = delivery.sort((a, b) => a.body.localeCompare(b.body)) as [SQSRecord, SQSRecord];
  last.attributes.ApproximateReceiveCount = '3';
  const outcomes: Outcome[] = [
    retry(last.messageId),
    { id: wrong.messageId, kind: 'refused', reason: 'the body is not JSON' },
  ];
  expect(await settle([last, wrong], outcomes, afterwards())).toEqual([]);
  const letters = await queues.receive(urls.deadLetters);
  const told = letters.map(({ Body, MessageAttributes, Attributes }) => ({
    Body,
    reason: MessageAttributes?.reason?.StringValue,
    messageId: MessageAttributes?.messageId?.StringValue,
    group: Attributes?.MessageGroupId,
  }));
  expect(told).toHaveLength(2);
  expect(told).toEqual(
    expect.arrayContaining([
      { Body: 'last', reason: 'the version is not recorded yet', messageId: last.messageId, group: groupOf('shop') },
      { Body: 'wrong', reason: 'the body is not JSON', messageId: wrong.messageId, group: groupOf('shop') },
    ]),
  );
});

test('a dead-letter queue that is away loses nothing: the message stays in the queue', async () => {
  const record = await one('wrong');
  const gone = new Queue(`${queues.server.url}/000000000000/gone`, queues.client);
  const refused: Outcome = { id: record.messageId, kind: 'refused', reason: 'the body is not JSON' };
  expect(await settle([record], [refused], afterwards({ deadLetters: gone }))).toHaveLength(1);
});

test('a queue that does not take the back-off loses nothing: the message comes after its own time', async () => {
  const record = await one('one');
  const gone = new Queue(`${queues.server.url}/000000000000/gone`, queues.client);
  expect(await settle([record], [retry(record.messageId)], afterwards({ queue: gone }))).toHaveLength(1);
});

test('a message without an outcome stays', async () => {
  const record = await one('one');
  expect(await settle([record], [], afterwards())).toEqual([{ itemIdentifier: record.messageId }]);
});

test('ten a request, whatever their number, and those that were not taken are named', async () => {
  const queue = new Queue(urls.queue, queues.client);
  const messages = Array.from({ length: 23 }, (_, n) => ({
    body: n === 11 ? '\0' : `body ${n}`,
    group: groupOf('shop'),
  }));
  expect(await queue.sendBatch(messages)).toEqual(messages.slice(11, 12));
  const received: string[] = [];
  await eventually('22 messages', async () => {
    received.push(...(await queues.receive(urls.queue)).map(({ Body = '' }) => Body));
    return received.length === 22;
  });
});
