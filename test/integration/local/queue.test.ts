import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FunctionPool } from '../../../infra/local/lambda/function-pool.ts';
import { type Mapping, startPolling } from '../../../infra/local/queue/poller.ts';
import { type QueueServer, startQueueServer } from '../../../infra/local/queue/queue-server.ts';
import { probeFunction } from '../../support/probe-function.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
let folder: string;
let server: QueueServer;
let client: SQSClient;

const start = async () => {
  server = await startQueueServer(folder, 0, 'us-east-1');
  client = new SQSClient({ endpoint: server.url, region: 'us-east-1', credentials });
};
const stop = async () => {
  client.destroy();
  await server.close();
};
const send = (QueueUrl: string, MessageBody: string) => client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
const receive = async (QueueUrl: string, WaitTimeSeconds = 0): Promise<Message[]> => {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    WaitTimeSeconds,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ['All'],
  });
  return (await client.send(command)).Messages ?? [];
};
const bodies = (messages: Message[]) => messages.map(({ Body }) => Body).sort();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queues-'));
  await start();
});
afterAll(stop);

describe('messages', () => {
  it('are there after a restart, held ones visible at once, with their receive counts; the address may change', async () => {
    const { url } = server.declare('kept', { VisibilityTimeout: '300' });
    await client.send(
      new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: [1, 2, 3].map((n) => ({ Id: String(n), MessageBody: String(n) })),
      }),
    );
    const [held] = await receive(url);
    await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: held?.ReceiptHandle }));
    await stop();
    await start();
    const again = server.declare('kept', { VisibilityTimeout: '300' }).url;
    expect(again).toBe(`${server.url}/000000000000/kept`);
    const messages = await receive(again);
    expect(bodies(messages)).toEqual(['1', '2', '3'].filter((body) => body !== held?.Body));
    expect(messages.map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).toEqual(['2', '2']);
  });

  it('given back with a visibility timeout of 0 come again, also after a restart', async () => {
    const { url } = server.declare('given-back', { VisibilityTimeout: '300' });
    await send(url, 'mine');
    const [held] = await receive(url);
    await client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: held?.ReceiptHandle, VisibilityTimeout: 0 }),
    );
    expect(bodies(await receive(url))).toEqual(['mine']);
    await stop();
    await start();
    expect(bodies(await receive(server.declare('given-back', {}).url))).toEqual(['mine']);
  });

  it('outlive a change of tags or attributes and a restart', async () => {
    const { url } = server.declare('tagged', {});
    await send(url, 'mine');
    await client.send(new TagQueueCommand({ QueueUrl: url, Tags: { team: 'versions' } }));
    server.declare('tagged', { VisibilityTimeout: '7' });
    await stop();
    await start();
    expect(bodies(await receive(server.declare('tagged', { VisibilityTimeout: '7' }).url))).toEqual(['mine']);
  });

  it('received too often are in the dead-letter queue, also after a restart', async () => {
    const declare = () => {
      const dead = server.declare('dead', {});
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 });
      return { dead: dead.url, live: server.declare('live', { VisibilityTimeout: '0', RedrivePolicy }).url };
    };
    const { live } = declare();
    await send(live, 'poison');
    expect(await receive(live)).toHaveLength(1);
    expect(await receive(live)).toHaveLength(0);
    await stop();
    await start();
    const after = declare();
    expect(bodies(await receive(after.dead))).toEqual(['poison']);
    expect(await receive(after.live)).toHaveLength(0);
  });

  it('may hold every character SQS allows, and no other', async () => {
    const { url } = server.declare('characters', {});
    await send(url, 'shipped 🚀\t\n');
    expect(bodies(await receive(url))).toEqual(['shipped 🚀\t\n']);
    await expect(send(url, 'a\u0000b')).rejects.toThrow('Invalid characters found');
  });

  it('over the size the queue allows are refused', async () => {
    const { url } = server.declare('small', { MaximumMessageSize: '1024' });
    await expect(send(url, 'x'.repeat(1025))).rejects.toThrow('Message must be shorter than 1024 bytes');
  });
});

it('is reached from this machine alone', () => {
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
});

describe('an event source mapping', () => {
  let work: FunctionPool;
  let queue: { url: string; arn: string };
  let dead: { url: string; arn: string };
  let stopPolling: (() => Promise<void>) | undefined;

  const poll = (more: Partial<Mapping> = {}) => {
    stopPolling = startPolling({
      queueUrl: queue.url,
      queueArn: queue.arn,
      region: 'us-east-1',
      endpoint: server.url,
      function: work,
      batchSize: 10,
      batchingWindowSeconds: 0,
      maxConcurrency: 2,
      reportsItemFailures: true,
      ...more,
    });
  };
  const sendAll = (...all: string[]) =>
    client.send(
      new SendMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: all.map((MessageBody, n) => ({ Id: String(n), MessageBody })),
      }),
    );
  const batches = (): { body: string; count: string }[][] =>
    work.log.filter((line) => line.startsWith('{"batch"')).map((line) => JSON.parse(line).batch);
  const deadBodies = async () => bodies(await receive(dead.url, 1));
  const left = async () => {
    const command = new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: ['All'] });
    const { Attributes = {} } = await client.send(command);
    return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
  };

  beforeEach(() => {
    const name = randomUUID();
    work = probeFunction('work', { timeoutSeconds: 2 });
    dead = server.declare(`${name}-dead`, {});
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
    queue = server.declare(name, { VisibilityTimeout: '1', RedrivePolicy });
  });
  afterEach(async () => {
    await stopPolling?.();
    await work.stop();
  });

  it('retries what the function reports and nothing else; what keeps failing ends in the dead-letter queue', async () => {
    await sendAll('good', 'fail', 'also good');
    poll();
    await vi.waitFor(async () => expect(await deadBodies()).toEqual(['fail']), { timeout: 8_000 });
    expect(batches().map((batch) => batch.map(({ body, count }) => `${body} ${count}`).sort())).toEqual([
      ['also good 1', 'fail 1', 'good 1'],
      ['fail 2'],
    ]);
    expect(await left()).toBe(0);
  });

  it.each(['throw', 'malformed'])(
    'returns the whole batch to the queue when the answer is no answer (%s)',
    async (wish) => {
      await sendAll('good', wish);
      poll();
      await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 8_000, interval: 200 });
      expect(
        batches()
          .flat()
          .filter(({ body }) => body === 'good')
          .map(({ count }) => count),
      ).toEqual(['1', '2']);
      // Whether the good one comes with the bad one again is up to the queue; the bad one has used up its two receives.
      expect(await deadBodies()).toContain(wish);
    },
  );

  it('takes any answer for a success where ReportBatchItemFailures is not declared', async () => {
    await sendAll('fail');
    poll({ reportsItemFailures: false });
    await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 3_000 });
    expect(batches()).toHaveLength(1);
  });

  it('waits for a batch to fill as long as its window says', async () => {
    poll({ batchingWindowSeconds: 2, batchSize: 3 });
    for (const body of ['a', 'b', 'c']) {
      await send(queue.url, body);
      await new Promise((settle) => setTimeout(settle, 200));
    }
    await vi.waitFor(() => expect(batches()).toHaveLength(1), { timeout: 3_000 });
    expect(batches()[0]?.map(({ body }) => body)).toEqual(['a', 'b', 'c']);
  });

  it('has at most so many batches with the function as it may', async () => {
    await sendAll('wait', 'wait', 'wait', 'wait');
    poll({ batchSize: 1 });
    await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 5_000 });
    expect(work.processes).toBe(2);
    expect(batches()).toHaveLength(4);
  });

  it("hands over the service's event", async () => {
    const MessageAttributes = {
      reason: { DataType: 'String', StringValue: 'because' },
      blob: { DataType: 'Binary', BinaryValue: Buffer.from([1]) },
    };
    const sent = await client.send(
      new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'event', MessageAttributes }),
    );
    poll();
    await vi.waitFor(() => expect(work.log.join('\n')).toContain('{"event"'), { timeout: 3_000 });
    const line = work.log.find((each) => each.startsWith('{"event"')) ?? '';
    expect(JSON.parse(line).event).toEqual({
      Records: [
        {
          messageId: sent.MessageId,
          receiptHandle: expect.any(String),
          body: 'event',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          },
          messageAttributes: {
            reason: { stringValue: 'because', stringListValues: [], binaryListValues: [], dataType: 'String' },
            blob: { binaryValue: 'AQ==', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
          },
          md5OfMessageAttributes: sent.MD5OfMessageAttributes,
          md5OfBody: sent.MD5OfMessageBody,
          eventSource: 'aws:sqs',
          eventSourceARN: queue.arn,
          awsRegion: 'us-east-1',
        },
      ],
    });
  });
});
