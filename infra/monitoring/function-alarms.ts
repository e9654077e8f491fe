import { type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { ServiceFunction } from '../constructs/service-function.ts';
import type { AlarmDefinition } from './alarm.ts';
import { combined, FIVE_MINUTES } from './metrics.ts';

/** What one alarm may put together: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html */
const MOST_METRICS = 10;

/** One of a function's metrics; a period in which it was not called counts as 0. */
type Of = (one: ServiceFunction) => Metric;

export const errorsOf: Of = (one) =>
  one.metricErrors({ statistic: Stats.SUM, period: FIVE_MINUTES, label: one.node.id });
export const throttlesOf: Of = (one) =>
  one.metricThrottles({ statistic: Stats.SUM, period: FIVE_MINUTES, label: one.node.id });
const longestOf: Of = (one) => one.metricDuration({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES });

/**
 * Functions that die, are not let run, or run out of time. One alarm for all of them: the dashboard shows each, and what to do is the same.
 *
 * @param functions that are called by requests, messages or schedules, at most ten
 */
export function functionAlarms(functions: ServiceFunction[], rotation: ServiceFunction): AlarmDefinition[] {
  if (functions.length > MOST_METRICS)
    throw new Error(`${functions.length} functions: one alarm takes ${MOST_METRICS}, so share them out to two`);
  const metrics = (of: Of) => Object.fromEntries(functions.map((one, index) => [`f${index}`, of(one)]));
  const each = (term: (name: string, one: ServiceFunction) => string) =>
    functions.map((one, index) => term(`FILL(f${index}, 0)`, one)).join(', ');
  return [
    {
      id: 'FunctionErrorsAlarm',
      means: 'A function crashes or times out.',
      // A batch or a sweep that crashed is retried. A second crash means that the retry does not help.
      metric: combined(`SUM([${each((name) => name)}])`, metrics(errorsOf), 'errors of functions'),
      atLeast: 1,
      periods: 3,
      breaches: 2,
    },
    {
      id: 'FunctionThrottlesAlarm',
      means: 'Lambda throttles functions: this stack or another one uses up the account’s concurrency.',
      // A burst may throttle some batches of the queue, which are retried. Five in each of two periods include requests.
      metric: combined(`SUM([${each((name) => name)}])`, metrics(throttlesOf), 'throttled calls of functions'),
      atLeast: 5,
      periods: 3,
      breaches: 2,
    },
    {
      id: 'FunctionDurationAlarm',
      means: 'A function runs for nearly its whole timeout. A slower call times out.',
      // The longest call as a percentage of its function’s timeout. Two periods, because the database resumes in one.
      metric: combined(
        `MAX([${each((name, one) => `${name} / ${one.timeout?.toMilliseconds()}`)}]) * 100`,
        metrics(longestOf),
        'longest call, % of the timeout',
      ),
      atLeast: 80,
      periods: 3,
      breaches: 2,
    },
    {
      id: 'RotationFailedAlarm',
      means: 'The rotation of a database password failed. The old password remains valid.',
      // Secrets Manager retries for hours. Failures in two hours of a day mean that its retries do not help.
      metric: rotation.metricErrors({ statistic: Stats.SUM, period: Duration.hours(1) }),
      atLeast: 1,
      periods: 24,
      breaches: 2,
    },
  ];
}
