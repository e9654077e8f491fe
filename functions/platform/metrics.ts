import { optional, required } from './env.ts';

/** A metric, its value or values (at most 100), and its unit, `Count` unless said otherwise. */
export type Metric = [
  name: string,
  value: number | number[],
  unit?: 'Count' | 'Seconds' | 'Milliseconds' | 'Count/Second',
];

/**
 * Prints metrics as one line of the log in CloudWatch's embedded metric format, of this service and this stack: several may be in one account, each with
 * its alarms. Outside of a stack's function (a command, a test) nothing is printed, since nobody reads it.
 *
 * Not of a library: the one for Lambda is 33 KB, loaded at the start of functions that print a metric only when something fails.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function measure(...metrics: Metric[]): void {
  const stack = optional('STACK_NAME');
  if (stack === undefined || metrics.length === 0) return;
  const service = required('POWERTOOLS_SERVICE_NAME');
  const directive = {
    Namespace: service,
    Dimensions: [['service', 'stack']],
    Metrics: metrics.map(([Name, , Unit = 'Count']) => ({ Name, Unit })),
  };
  const one = (value: number | number[]) => (Array.isArray(value) && value.length === 1 ? value[0] : value);
  const values = Object.fromEntries(metrics.map(([name, value]) => [name, one(value)]));
  const _aws = { Timestamp: Date.now(), CloudWatchMetrics: [directive] };
  // Not by console: in a function it puts the time and the request id in front, and the line is then no JSON.
  process.stdout.write(`${JSON.stringify({ _aws, service, stack, ...values })}\n`);
}
