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
      'A migration failed; the reason is in the log of ApplyMigrations, or of ContinueMigrations when the deployment had ended.',
    // A backfill that fails is tried again after 12 minutes, and the alarm stays until it no longer does.
    metric: ours('MigrationFailed', Stats.SUM, Duration.minutes(15)),
    atLeast: 1,
    periods: 1,
  },
  {
    id: 'BackfillUnfinishedAlarm',
    means:
      'A backfill has gone on for 24 hours. The deployed code does not count on it; only contractMigrations waits.',
    // The least of the hour: 0 when it ended within.
    metric: ours('MigrationUnfinished', Stats.MINIMUM, Duration.hours(1)),
    atLeast: 1,
    periods: 24,
  },
  {
    id: 'MigrationsDeadLetterAlarm',
    means: 'Nobody goes on with a backfill: it failed five times in an hour.',
    metric: deadLetters(deadLetterQueue),
    atLeast: 1,
    periods: 1,
    // A queue nobody touches for six hours says nothing any more, with messages in it too.
    missing: TreatMissingData.IGNORE,
  },
];
