import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SQSRecord } from 'aws-lambda';
import type { SweepDocument } from '../versions/queries.ts';
import type { Outcome } from './outcome.ts';

const metrics = new Metrics();

/**
 * Counts what became of a batch, in CloudWatch's embedded metric format: `Metadata<Outcome>`, `GeneratedBy<Source>`, `MetadataFallback` (its mean is the
 * share of versions that rules described in a model's place), `ModelCalls`, and `MetadataLatency`, the milliseconds from when the pipeline asked.
 */
export function measure(records: SQSRecord[], outcomes: Outcome[]): void {
  const sent = new Map(records.map(({ messageId, attributes }) => [messageId, Number(attributes.SentTimestamp)]));
  const count = (name: string, value = 1) => metrics.addMetric(name, MetricUnit.Count, value);
  for (const outcome of outcomes) {
    if (outcome.modelCalls) count('ModelCalls', outcome.modelCalls);
    if (outcome.kind === 'retry') count('MetadataRetried');
    else if (outcome.kind === 'refused') count('MetadataRefused');
    else {
      count(`Metadata${capital(outcome.what)}`);
      if (outcome.what !== 'applied') continue;
      count(`GeneratedBy${capital(outcome.generated.source)}`);
      count('MetadataFallback', outcome.generated.fallback ? 1 : 0);
      metrics.addMetric('MetadataLatency', MetricUnit.Milliseconds, Date.now() - (sent.get(outcome.id) ?? Date.now()));
    }
  }
  metrics.publishStoredMetrics();
}

/** How many deployed versions wait for their metadata, how long the first of them has, and what the sweep did about it. */
export function measureSweep({ versions, failed, waiting, oldest_seconds }: SweepDocument): void {
  metrics.addMetric('VersionsWithoutMetadata', MetricUnit.Count, waiting);
  metrics.addMetric('OldestVersionWithoutMetadata', MetricUnit.Seconds, oldest_seconds);
  metrics.addMetric('MetadataRequeued', MetricUnit.Count, versions.length);
  metrics.addMetric('MetadataGivenUp', MetricUnit.Count, failed.length);
  metrics.publishStoredMetrics();
}

const capital = (word: string): string => word.replace(/^./, (first) => first.toUpperCase());
