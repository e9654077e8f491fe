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
      means: 'A function dies or runs out of time, instead of answering with an error of its own.',
      // A batch or a sweep that died comes again by itself; a second one means that this does not help.
      metric: combined(`SUM([${each((name) => name)}])`, metrics(errorsOf), 'errors of functions'),
      atLeast: 1,
      periods: 3,
      breaches: 2,
    },
    {
      id: 'FunctionThrottlesAlarm',
      means: 'Lambda does not let functions run: the account’s concurrency is used up, here or by a neighbour.',
      // Of the queue’s batches some may be refused in a burst, and come again; five in each of two periods are requests too.
      metric: combined(`SUM([${each((name) => name)}])`, metrics(throttlesOf), 'throttled calls of functions'),
      atLeast: 5,
      periods: 3,
      breaches: 2,
    },
    {
      id: 'FunctionDurationAlarm',
      means: 'A function takes nearly all the time it has: the next slower call is killed.',
      // The longest call in percent of its function’s own timeout. Twice in a quarter of an hour: one resume of the database is no trouble.
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
      means: 'The password of a login could not be rotated; the old one goes on working.',
      // Secrets Manager tries again for hours; two hours of a day in which it failed say that this does not help.
      metric: rotation.metricErrors({ statistic: Stats.SUM, period: Duration.hours(1) }),
      atLeast: 1,
      periods: 24,
      breaches: 2,
    },
  ];
}
