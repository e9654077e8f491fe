import type { SQSBatchItemFailure, SQSRecord } from 'aws-lambda';
import { correlated, correlationOfMessage } from '../platform/correlation.ts';
import { log } from '../platform/log.ts';
import { measure } from '../platform/metrics.ts';
import type { Queue } from '../platform/queue.ts';
import { backoffSeconds } from './backoff.ts';
import type { Outcome } from './outcome.ts';

/** Where messages go that are not done. */
export interface SettleOptions {
  queue: Queue;
  deadLetters: Queue;
  /** Deliveries of a message before SQS moves it to the dead-letter queue by itself, without a reason. */
  maxReceives: number;
  /** The first wait of the back-off. */
  retrySeconds: number;
}

type Unfinished = Extract<Outcome, { kind: 'retry' | 'refused' }>;

/**
 * Ends a batch: what is done is acknowledged; what may succeed later stays in the queue and comes back after a back-off; what never
 * can, or has been tried often enough, goes to the dead-letter queue with the reason beside it. A message leaves the queue only after it
 * lies safely in the other one; how many do is counted, `MetadataDeadLettered`.
 *
 * @returns the messages to keep in the queue
 */
export async function settle(
  records: SQSRecord[],
  outcomes: Outcome[],
  options: SettleOptions,
): Promise<SQSBatchItemFailure[]> {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const later: SQSRecord[] = [];
  const kept = await Promise.all(
    records.map((record) => {
      const { messageId } = record;
      // A message nobody has an outcome for stays: to acknowledge it would be to lose it.
      const outcome: Outcome = byId.get(messageId) ?? { id: messageId, kind: 'retry', reason: 'no outcome' };
      return correlated(correlationOfMessage(record), async (): Promise<SQSBatchItemFailure[]> => {
        const ends = await end(record, outcome, options);
        if (ends === 'later') later.push(record);
        return ends === 'gone' ? [] : [{ itemIdentifier: messageId }];
      });
    }),
  );
  await delay(later, options);
  return kept.flat();
}

/** How one message ends: gone from the queue, to come back after a back-off, or to stay as it is. */
async function end(record: SQSRecord, outcome: Outcome, options: SettleOptions): Promise<'gone' | 'later' | 'stays'> {
  if (outcome.kind === 'done') {
    log.info('message done', logFields(record, outcome));
    return 'gone';
  }
  if (outcome.kind === 'retry' && receivesOf(record) < options.maxReceives) {
    log.warn('message will be retried', logFields(record, outcome));
    return 'later';
  }
  return (await moveToDeadLetterQueue(record, outcome, options.deadLetters)) ? 'gone' : 'stays';
}

export const receivesOf = ({ attributes }: SQSRecord): number => Number(attributes.ApproximateReceiveCount);

const logFields = (record: SQSRecord, { versionId, projectId, ...outcome }: Outcome) => ({
  messageId: record.messageId,
  versionId,
  projectId,
  receives: receivesOf(record),
  ...(outcome.kind === 'done' ? { outcome: outcome.what } : { reason: outcome.reason }),
});

async function moveToDeadLetterQueue(record: SQSRecord, outcome: Unfinished, deadLetters: Queue): Promise<boolean> {
  const { messageId, body, attributes } = record;
  log.warn('message moves to the dead-letter queue', logFields(record, outcome));
  try {
    await deadLetters.send({
      body,
      group: attributes.MessageGroupId,
      attributes: { reason: outcome.reason, messageId },
    });
    measure(['MetadataDeadLettered', 1]);
    return true;
  } catch (error) {
    log.error('the dead-letter queue did not take a message; it stays in the queue', {
      ...logFields(record, outcome),
      error: error as Error,
    });
    return false;
  }
}

/** By the messages' visibility and never by sleeping: the function's time is for messages that can be worked on. */
async function delay(records: SQSRecord[], { queue, retrySeconds }: SettleOptions): Promise<void> {
  if (records.length === 0) return;
  try {
    await queue.delay(
      records.map((record) => ({
        receiptHandle: record.receiptHandle,
        seconds: backoffSeconds(receivesOf(record), retrySeconds),
      })),
    );
  } catch (error) {
    log.warn('messages come back after the visibility timeout instead of a back-off', {
      messages: records.length,
      error: error as Error,
    });
  }
}
