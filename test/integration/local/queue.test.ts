import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodies, type Queues, startQueues } from '../../support/queue-client.ts';

let folder: string;
let queues: Queues;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queues-'));
  queues = await startQueues(folder);
});
afterAll(() => queues.stop());

async function restart(): Promise<void> {
  await queues.stop();
  queues = await startQueues(folder);
}

describe('messages', () => {
  it('are there after a restart, held ones visible at once, with their receive counts; the address may change', async () => {
    const { url } = queues.server.declare('kept', { VisibilityTimeout: '300' });
    await queues.client.send(
      new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: [1, 2, 3].map((n) => ({ Id: String(n), MessageBody: String(n) })),
      }),
    );
    const [held] = await queues.receive(url);
    await queues.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: held?.ReceiptHandle }));
    await restart();
    const again = queues.server.declare('kept', { VisibilityTimeout: '300' }).url;
    expect(again).toBe(`${queues.server.url}/000000000000/kept`);
    const messages = await queues.receive(again);
    expect(bodies(messages)).toEqual(['1', '2', '3'].filter((body) => body !== held?.Body));
    expect(messages.map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).toEqual(['2', '2']);
  });

  it('given back with a visibility timeout of 0 come again, also after a restart', async () => {
    const { url } = queues.server.declare('given-back', { VisibilityTimeout: '300' });
    await queues.send(url, 'mine');
    const [held] = await queues.receive(url);
    await queues.client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: held?.ReceiptHandle, VisibilityTimeout: 0 }),
    );
    expect(bodies(await queues.receive(url))).toEqual(['mine']);
    await restart();
    expect(bodies(await queues.receive(queues.server.declare('given-back', {}).url))).toEqual(['mine']);
  });

  it('outlive a change of tags or attributes and a restart', async () => {
    const { url } = queues.server.declare('tagged', {});
    await queues.send(url, 'mine');
    await queues.client.send(new TagQueueCommand({ QueueUrl: url, Tags: { team: 'versions' } }));
    queues.server.declare('tagged', { VisibilityTimeout: '7' });
    await restart();
    expect(bodies(await queues.receive(queues.server.declare('tagged', { VisibilityTimeout: '7' }).url))).toEqual([
      'mine',
    ]);
  });

  it('received too often are in the dead-letter queue, also after a restart', async () => {
    const declare = () => {
      const dead = queues.server.declare('dead', {});
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 });
      return { dead: dead.url, live: queues.server.declare('live', { VisibilityTimeout: '0', RedrivePolicy }).url };
    };
    const { live } = declare();
    await queues.send(live, 'poison');
    expect(await queues.receive(live)).toHaveLength(1);
    expect(await queues.receive(live)).toHaveLength(0);
    await restart();
    const after = declare();
    expect(bodies(await queues.receive(after.dead))).toEqual(['poison']);
    expect(await queues.receive(after.live)).toHaveLength(0);
  });

  it('may hold every character SQS allows, and no other', async () => {
    const { url } = queues.server.declare('characters', {});
    await queues.send(url, 'shipped 🚀\t\n');
    expect(bodies(await queues.receive(url))).toEqual(['shipped 🚀\t\n']);
    await expect(queues.send(url, 'a\u0000b')).rejects.toThrow('Invalid characters found');
  });

  it('keep the group they were sent with, one by one and in batches, as in a fair queue', async () => {
    const { url } = queues.server.declare('fair', {});
    await queues.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'one', MessageGroupId: 'a' }));
    const Entries = [
      { Id: '1', MessageBody: 'no group' },
      { Id: '2', MessageBody: 'refused\u0000', MessageGroupId: 'x' },
      { Id: '3', MessageBody: 'two', MessageGroupId: 'b' },
      { Id: '4', MessageBody: 'two', MessageGroupId: 'c' },
    ];
    await queues.client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    const groups = (await queues.receive(url)).map(({ Body, Attributes }) => [Body, Attributes?.MessageGroupId]);
    expect(groups.sort()).toEqual([
      ['no group', undefined],
      ['one', 'a'],
      ['two', 'b'],
      ['two', 'c'],
    ]);
  });

  it('over the size the queue allows are refused', async () => {
    const { url } = queues.server.declare('small', { MaximumMessageSize: '1024' });
    await expect(queues.send(url, 'x'.repeat(1025))).rejects.toThrow('Message must be shorter than 1024 bytes');
  });
});

it('is reached from this machine alone', () => {
  expect(queues.server.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
});
