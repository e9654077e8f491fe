import { type Metric, measure } from '../platform/metrics.ts';
import { type Entry, pace } from './ledger.ts';

/** Whether a run of the migrations failed, `MigrationFailed`: 1 or 0. */
export function measureFailure(failed: boolean): void {
  measure(['MigrationFailed', failed ? 1 : 0]);
}

/**
 * What became of a slice of a backfill: `MigrationUnfinished` (1 until the last), `MigrationFailed` (0), and of the file it is at `MigrationRowsDone`,
 * `MigrationRowsPerSecond` and `MigrationSecondsLeft`, as far as anybody can tell.
 */
export function measureSlice(complete: boolean, entry: Entry | undefined): void {
  measure(['MigrationFailed', 0], ['MigrationUnfinished', complete ? 0 : 1], ...(entry ? progress(entry) : []));
}

function progress(entry: Entry): Metric[] {
  const { rowsPerSecond, secondsLeft } = pace(entry);
  return [
    ['MigrationRowsDone', entry.rows],
    ...(rowsPerSecond === null ? [] : [['MigrationRowsPerSecond', rowsPerSecond, 'Count/Second'] satisfies Metric]),
    ...(secondsLeft === null ? [] : [['MigrationSecondsLeft', secondsLeft, 'Seconds'] satisfies Metric]),
  ];
}
