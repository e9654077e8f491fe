import type { SQSRecord } from 'aws-lambda';
import { type Metric, measure } from '../platform/metrics.ts';
import type { SweepDocument } from '../versions/queries.ts';
import type { Outcome } from './outcome.ts';

/**
 * Counts what became of a batch: `Metadata<Outcome>`, `GeneratedBy<Source>`, `MetadataFallback` (its mean is the share of versions that rules described
 * in a model's place), `ModelCalls`, and `MetadataLatency`, the milliseconds from when the pipeline asked. A value a message, so that a metric's number of
 * samples is the number of messages.
 */
export function measureBatch(records: SQSRecord[], outcomes: Outcome[]): void {
  const sent = new Map(records.map(({ messageId, attributes }) => [messageId, Number(attributes.SentTimestamp)]));
  const values = new Map<string, number[]>();
  const note = (name: string, value = 1) => values.set(name, [...(values.get(name) ?? []), value]);
  for (const outcome of outcomes) {
    if (outcome.modelCalls) note('ModelCalls', outcome.modelCalls);
    if (outcome.kind === 'retry') note('MetadataRetried');
    else if (outcome.kind === 'refused') note('MetadataRefused');
    else {
      note(`Metadata${capital(outcome.what)}`);
      if (outcome.what !== 'applied') continue;
      note(`GeneratedBy${capital(outcome.generated.source)}`);
      note('MetadataFallback', outcome.generated.fallback ? 1 : 0);
      note('MetadataLatency', Date.now() - (sent.get(outcome.id) ?? Date.now()));
    }
  }
  const unit = (name: string) => (name === 'MetadataLatency' ? 'Milliseconds' : 'Count');
  measure(...[...values].map(([name, of]): Metric => [name, of, unit(name)]));
}

/** How many deployed versions wait for their metadata, how long the first of them has, and what the sweep did about it. */
export function measureSweep({ versions, failed, waiting, oldest_seconds }: SweepDocument): void {
  measure(
    ['VersionsWithoutMetadata', waiting],
    ['OldestVersionWithoutMetadata', oldest_seconds, 'Seconds'],
    ['MetadataRequeued', versions.length],
    ['MetadataGivenUp', failed.length],
  );
}

const capital = (word: string): string => word.replace(/^./, (first) => first.toUpperCase());
