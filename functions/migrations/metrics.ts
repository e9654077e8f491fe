import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { type Entry, pace } from './ledger.ts';

// Of the stack as well: several may be in one account, each with its alarms.
const metrics = new Metrics();

/** Whether a run of a stack's migrations failed, `MigrationFailed`: 1 or 0. */
export function measureFailure(stack: string, failed: boolean): void {
  metrics.addDimension('stack', stack);
  metrics.addMetric('MigrationFailed', MetricUnit.Count, failed ? 1 : 0);
  metrics.publishStoredMetrics();
}

/**
 * What became of a slice of a backfill: `MigrationUnfinished` (1 until the last), `MigrationFailed` (0), and of the file it is at `MigrationRowsDone`,
 * `MigrationRowsPerSecond` and `MigrationSecondsLeft`, as far as anybody can tell.
 */
export function measureSlice(stack: string, complete: boolean, entry: Entry | undefined): void {
  metrics.addDimension('stack', stack);
  metrics.addMetric('MigrationFailed', MetricUnit.Count, 0);
  metrics.addMetric('MigrationUnfinished', MetricUnit.Count, complete ? 0 : 1);
  if (entry) {
    const { rowsPerSecond, secondsLeft } = pace(entry);
    metrics.addMetric('MigrationRowsDone', MetricUnit.Count, entry.rows);
    if (rowsPerSecond !== null) metrics.addMetric('MigrationRowsPerSecond', MetricUnit.CountPerSecond, rowsPerSecond);
    if (secondsLeft !== null) metrics.addMetric('MigrationSecondsLeft', MetricUnit.Seconds, secondsLeft);
  }
  metrics.publishStoredMetrics();
}
