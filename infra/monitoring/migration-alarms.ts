import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import type { AlarmDefinition } from './alarm.ts';
import { ours } from './metrics.ts';
import { deadLetters } from './queue-alarms.ts';

/** Migrations that fail, a backfill that does not end, and one that nobody goes on with. */
export const migrationAlarms = (deadLetterQueue: IQueue): AlarmDefinition[] => [
  {
    id: 'MigrationFailedAlarm',
    means:
      'A migration failed. The log of ApplyMigrations has the reason, or that of ContinueMigrations after the deployment.',
    // A failed backfill is retried after 12 minutes. The alarm stays on until a retry succeeds.
    metric: ours('MigrationFailed', Stats.SUM, Duration.minutes(15)),
    atLeast: 1,
    periods: 1,
  },
  {
    id: 'BackfillUnfinishedAlarm',
    means:
      'A backfill has been running for 24 hours. The deployed code does not need it. Only contractMigrations waits for it.',
    // The minimum of the hour: 0 if the backfill ended in it.
    metric: ours('MigrationUnfinished', Stats.MINIMUM, Duration.hours(1)),
    atLeast: 1,
    periods: 24,
  },
  {
    id: 'MigrationsDeadLetterAlarm',
    means: 'A backfill has stopped: it failed five times in an hour.',
    metric: deadLetters(deadLetterQueue),
    atLeast: 1,
    periods: 1,
    // A queue nobody touches for six hours says nothing any more, with messages in it too.
    missing: TreatMissingData.IGNORE,
  },
];
