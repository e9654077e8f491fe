import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { FunctionPool } from '../lambda/function-pool.ts';
import { succeeded } from './batch-outcome.ts';
import { sqsEventOf } from './event.ts';

/** An event source mapping from a queue to a function. */
export interface Mapping {
  queueUrl: string;
  queueArn: string;
  region: string;
  /** Of the SQS endpoint. */
  endpoint: string;
  function: FunctionPool;
  batchSize: number;
  batchingWindowSeconds: number;
  /** Batches that are with the function at once. */
  maxConcurrency: number;
  reportsItemFailures: boolean;
}

// What SQS gives at most, in messages and in seconds of waiting.
const RECEIVE_MAX = 10;
const LONG_POLL_SECONDS = 20;
// Lambda hands over a batch before it reaches the 6 MB of an invocation.
const BATCH_BYTES = 5_500_000;

// How long a stop waits for batches at work. What is not done then stays in the queue and comes again.
const GRACE_MS = 2_000;

/** Polls a queue and calls the function with what it finds, as Lambda's pollers do. @returns a stop. */
export function startPolling(mapping: Mapping): () => Promise<void> {
  const client = new SQSClient({
    endpoint: mapping.endpoint,
    region: mapping.region,
    // It acts as the function's role, which therefore needs to be allowed to receive and delete.
    credentials: mapping.function.credentials,
    maxAttempts: 1,
  });
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const done = poll(mapping, client, stopping.signal, underWay, refusalReporter(mapping));
  return async () => {
    stopping.abort();
    await done;
    await Promise.race([Promise.allSettled(underWay), sleep(GRACE_MS, undefined, { ref: false })]);
    client.destroy();
  };
}

async function poll(
  mapping: Mapping,
  client: SQSClient,
  stop: AbortSignal,
  underWay: Set<Promise<void>>,
  report: (error: unknown) => void,
): Promise<void> {
  while (!stop.aborted) {
    try {
      const batch = await collect(mapping, client, stop);
      if (batch.length === 0) continue;
      const work = handle(mapping, client, batch)
        // The messages stay in the queue and come again.
        .catch(report)
        .finally(() => underWay.delete(work));
      underWay.add(work);
      if (underWay.size >= mapping.maxConcurrency) await Promise.race(underWay);
    } catch (error) {
      report(error);
      // The queue does not answer: it is stopping, or was for a moment away.
      if (!stop.aborted) await sleep(500);
    }
  }
}

/** A role that may not do its part keeps the mapping from working as long as the stack runs: the function's log says so, once. */
function refusalReporter({ function: pool, queueArn }: Mapping): (error: unknown) => void {
  const reported = new Set<string>();
  return (error) => {
    const { name, message } = error as Error;
    if (name !== 'AccessDenied' || reported.has(message)) return;
    reported.add(message);
    pool.report(`PROBLEM: event source mapping of ${queueArn}: ${message}`);
  };
}

/** Receives until the batch is full, its window has passed since the first message, or it is as large as an event may be. */
async function collect(mapping: Mapping, client: SQSClient, stop: AbortSignal): Promise<Message[]> {
  const batch: Message[] = [];
  let bytes = 0;
  let until = Number.POSITIVE_INFINITY;
  do {
    const wait = batch.length === 0 ? LONG_POLL_SECONDS : Math.ceil((until - Date.now()) / 1000);
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: mapping.queueUrl,
        MaxNumberOfMessages: Math.min(RECEIVE_MAX, mapping.batchSize - batch.length),
        WaitTimeSeconds: Math.max(0, Math.min(LONG_POLL_SECONDS, wait)),
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: stop },
    );
    if (batch.length === 0 && Messages.length > 0) until = Date.now() + mapping.batchingWindowSeconds * 1000;
    batch.push(...Messages);
    bytes += Messages.reduce((sum, { Body = '' }) => sum + Buffer.byteLength(Body), 0);
  } while (
    !stop.aborted &&
    batch.length > 0 &&
    batch.length < mapping.batchSize &&
    bytes < BATCH_BYTES &&
    Date.now() < until
  );
  return batch;
}

async function handle(mapping: Mapping, client: SQSClient, batch: Message[]): Promise<void> {
  const result = await mapping.function.invoke(sqsEventOf(batch, mapping.queueArn, mapping.region));
  const ids = batch.map(({ MessageId = '' }) => MessageId);
  const done = new Set(succeeded(ids, result, mapping.reportsItemFailures));
  const handles = batch.filter(({ MessageId = '' }) => done.has(MessageId)).map(({ ReceiptHandle }) => ReceiptHandle);
  for (let from = 0; from < handles.length; from += RECEIVE_MAX) {
    const entries = handles
      .slice(from, from + RECEIVE_MAX)
      .map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: mapping.queueUrl, Entries: entries }));
  }
}
