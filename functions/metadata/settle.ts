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
  const byId = new Map(records.map((record) => [record.messageId, record]));
  const kept = await Promise.all(
    outcomes.map(async (outcome): Promise<SQSBatchItemFailure[]> => {
      const { id, versionId, projectId } = outcome;
      const receives = byId.get(id)?.attributes.ApproximateReceiveCount;
      const ids = { messageId: id, versionId, projectId, receives };
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
      if (kind === 'retry') return [{ itemIdentifier: id }];
      try {
        await deadLetters.send(byId.get(id)?.body ?? '', { reason, messageId: id });
        return [];
      } catch (error) {
        log.error('the dead-letter queue did not take a message; it stays in the queue', {
          ...ids,
          reason,
          error: error as Error,
        });
        return [{ itemIdentifier: id }];
      }
    }),
  );
  metrics.publishStoredMetrics();
  return kept.flat();
}
