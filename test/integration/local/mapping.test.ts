import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueueAttributesCommand, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FunctionPool } from '../../../infra/local/lambda/function-pool.ts';
import { type Mapping, startPolling } from '../../../infra/local/queue/poller.ts';
import { probeFunction } from '../../support/probe-function.ts';
import { bodies, type Queues, startQueues } from '../../support/queue-client.ts';

let queues: Queues;

beforeAll(async () => {
  queues = await startQueues(await mkdtemp(join(tmpdir(), 'queues-')));
});
afterAll(() => queues.stop());

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
      endpoint: queues.server.url,
      function: work,
      batchSize: 10,
      batchingWindowSeconds: 0,
      maxConcurrency: 2,
      reportsItemFailures: true,
      ...more,
    });
  };
  const sendAll = (...all: string[]) =>
    queues.client.send(
      new SendMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: all.map((MessageBody, n) => ({ Id: String(n), MessageBody })),
      }),
    );
  const batches = (): { body: string; count: string }[][] =>
    work.log.filter((line) => line.startsWith('{"batch"')).map((line) => JSON.parse(line).batch);
  const deadBodies = async () => bodies(await queues.receive(dead.url, 1));
  const left = async () => {
    const command = new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: ['All'] });
    const { Attributes = {} } = await queues.client.send(command);
    return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
  };

  beforeEach(() => {
    const name = randomUUID();
    work = probeFunction('work', { timeoutSeconds: 2 });
    dead = queues.server.declare(`${name}-dead`, {});
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
    queue = queues.server.declare(name, { VisibilityTimeout: '1', RedrivePolicy });
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
      await queues.send(queue.url, body);
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
    const sent = await queues.client.send(
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
