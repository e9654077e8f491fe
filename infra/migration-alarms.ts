import { Alarm, type CfnAlarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Aws, Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { finishMigrations, showMigrations } from '../functions/migrations/commands.ts';
import { serviceName } from './service-function.ts';

const stack = Aws.STACK_NAME;

/** What a person has to see to: migrations that fail, a backfill that does not end, and one that nobody goes on with. Each says what to do. */
export class MigrationAlarms extends Construct {
  constructor(scope: Construct, id: string, deadLetterQueue: Queue) {
    super(scope, id);
    this.alarm('MigrationFailedAlarm', {
      description:
        'A migration failed. The reason is in the log of ApplyMigrations, or of ContinueMigrations when the deployment had ended. ' +
        `Repair it, then: ${finishMigrations(stack)}`,
      metric: metric('MigrationFailed', Stats.SUM, Duration.minutes(15)),
      // A backfill that fails is tried again after 12 minutes.
      periods: 1,
      missing: TreatMissingData.NOT_BREACHING,
    });
    this.alarm('BackfillUnfinishedAlarm', {
      description:
        'A backfill has gone on for 24 hours. The deployed code does not count on it; only contractMigrations waits for it. ' +
        `See how far it is, and at what pace: ${showMigrations(stack)}`,
      // The least of the hour: 0 when it ended within.
      metric: metric('MigrationUnfinished', Stats.MINIMUM, Duration.hours(1)),
      periods: 24,
      missing: TreatMissingData.NOT_BREACHING,
    });
    this.alarm('MigrationsDeadLetterAlarm', {
      description:
        'Nobody goes on with a backfill: it failed five times in an hour. The reason is in the log of ContinueMigrations. Repair it, then: ' +
        `aws sqs start-message-move-task --source-arn ${deadLetterQueue.queueArn}; it goes on, or ends when nothing is left: ${showMigrations(stack)}`,
      metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(5),
      }),
      periods: 1,
      // A queue nobody touches for six hours says nothing any more, with messages in it too.
      missing: TreatMissingData.IGNORE,
    });
  }

  private alarm(
    logicalId: string,
    {
      description,
      metric,
      periods,
      missing,
    }: { description: string; metric: Metric; periods: number; missing: TreatMissingData },
  ): void {
    const alarm = new Alarm(this, logicalId, {
      alarmDescription: description,
      metric,
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: missing,
    });
    (alarm.node.defaultChild as CfnAlarm).overrideLogicalId(logicalId);
  }
}

/** One of functions/migrations/metrics.ts, of this stack alone. */
const metric = (metricName: string, statistic: string, period: Duration): Metric =>
  new Metric({
    namespace: serviceName,
    metricName,
    dimensionsMap: { service: serviceName, stack },
    statistic,
    period,
  });
