import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SQSBatchItemFailure, SQSRecord } from 'aws-lambda';
import { log } from '../platform/log.ts';
import type { Queue } from '../platform/queue.ts';
import type { Outcome } from './generate.ts';

/**
 * Ends a batch: what is done is acknowledged, what may succeed later stays in the queue, and what never can goes to the
 * dead-letter queue now, with the reason beside it. A message leaves the queue only after it lies safely in the other one.
 *
 * @returns the messages to keep in the queue
 */
export async function settle(
  records: SQSRecord[],
  outcomes: Outcome[],
  deadLetters: Queue,
  metrics: Metrics,
): Promise<SQSBatchItemFailure[]> {
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const kept = await Promise.all(
    records.map(async ({ messageId, body, attributes }): Promise<SQSBatchItemFailure[]> => {
      // A message nobody has an outcome for stays: to acknowledge it would be to lose it.
      const outcome: Outcome = byId.get(messageId) ?? { id: messageId, kind: 'retry', reason: 'no outcome' };
      const { versionId, projectId } = outcome;
      const ids = { messageId, versionId, projectId, receives: attributes.ApproximateReceiveCount };
      if (outcome.kind === 'done') {
        metrics.addMetric(`Metadata${outcome.what.replace(/^./, (first) => first.toUpperCase())}`, MetricUnit.Count, 1);
        return [];
      }
      const { kind, reason } = outcome;
      metrics.addMetric(kind === 'retry' ? 'MetadataRetried' : 'MetadataRefused', MetricUnit.Count, 1);
      log.warn(kind === 'retry' ? 'message will be retried' : 'message goes to the dead-letter queue', {
        ...ids,
        reason,
      });
      if (kind === 'retry') return [{ itemIdentifier: messageId }];
      try {
        await deadLetters.send(body, { reason, messageId });
        return [];
      } catch (error) {
        log.error('the dead-letter queue did not take a message; it stays in the queue', {
          ...ids,
          reason,
          error: error as Error,
        });
        return [{ itemIdentifier: messageId }];
      }
    }),
  );
  metrics.publishStoredMetrics();
  return kept.flat();
}
