import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Aws, Duration } from 'aws-cdk-lib/core';
import { serviceName } from '../constructs/service-function.ts';

/** Of the graphs, and of the alarms that have no reason for another. */
export const FIVE_MINUTES = Duration.minutes(5);

/** What a metric of AWS is of, as its dimensions say it, and how it is put together. */
interface Of {
  dimensions: Record<string, string>;
  statistic: string;
  /** In graphs, where its name does not say enough. */
  label?: string | undefined;
}

/** A metric our functions print, of this stack alone. */
export const ours = (metricName: string, statistic: string = Stats.SUM, period = FIVE_MINUTES): Metric =>
  new Metric({
    namespace: serviceName,
    metricName,
    dimensionsMap: { service: serviceName, stack: Aws.STACK_NAME },
    statistic,
    period,
  });

/** A metric AWS itself gives. */
export const ofAws = (namespace: `AWS/${string}`, metricName: string, { dimensions, statistic, label }: Of): Metric =>
  new Metric({
    namespace,
    metricName,
    dimensionsMap: dimensions,
    statistic,
    period: FIVE_MINUTES,
    ...(label && { label }),
  });

/** Metrics put together, each under the name it has in the expression. */
export const combined = (
  expression: string,
  usingMetrics: Record<string, IMetric>,
  label: string,
  period = FIVE_MINUTES,
): MathExpression => new MathExpression({ expression, usingMetrics, label, period });
