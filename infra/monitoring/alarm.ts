import { Alarm, type CfnAlarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Aws } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** An alarm: it fires when the metric was at `atLeast` or above it, or under `below`, in `breaches` of the last `periods`. */
export type AlarmDefinition = Definition & ({ atLeast: number; below?: never } | { below: number; atLeast?: never });

interface Definition {
  /** Its logical id, its name after the stack's, and the heading of its section in RUNBOOK.md. */
  id: `${string}Alarm`;
  /** What it means when it fires, in a sentence or two. */
  means: string;
  metric: IMetric;
  periods: number;
  /** All of them unless said otherwise. */
  breaches?: number;
  /** What a period without data means; nothing happened, and so nothing wrong, unless said otherwise. */
  missing?: TreatMissingData;
}

/** Makes an alarm that tells the topic when it begins and when it is over. */
export function makeAlarm(scope: Construct, topic: ITopic, definition: AlarmDefinition): Alarm {
  const { id, means, metric, periods, breaches = periods, missing } = definition;
  const isBelow = definition.below !== undefined;
  const alarm = new Alarm(scope, id, {
    alarmName: `${Aws.STACK_NAME}-${id}`,
    alarmDescription: `${means} What to do: infra/monitoring/RUNBOOK.md#${id.toLowerCase()}.`,
    metric,
    threshold: isBelow ? definition.below : definition.atLeast,
    comparisonOperator: isBelow
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: periods,
    datapointsToAlarm: breaches,
    treatMissingData: missing ?? TreatMissingData.NOT_BREACHING,
  });
  (alarm.node.defaultChild as CfnAlarm).overrideLogicalId(id);
  const tell = new SnsAction(topic);
  alarm.addAlarmAction(tell);
  alarm.addOkAction(tell);
  return alarm;
}
