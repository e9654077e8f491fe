import type { AlarmOfTemplate, MetricOfAlarm } from './alarm.ts';
import type { Sample } from './emf.ts';
import { parseMath, type Value } from './metric-math.ts';

export type State = 'OK' | 'ALARM';

/**
 * CloudWatch looks farther back than the evaluation periods, so that a late datapoint does not count as missing: how far is not documented exactly, the
 * tables of the guide show five datapoints for three periods.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
const FARTHER = 2;

/**
 * The state of an alarm at `now` (epoch ms) by the samples until then, of periods that are over. When fewer datapoints exist than are evaluated, as few as
 * possible are filled in by what the alarm says of missing data.
 *
 * @param before its state until then: `ignore` keeps it when there is no datapoint at all
 * @throws where `ignore` meets some datapoints and not enough, and where `missing` meets too few: the guide leaves open what is then
 */
export function stateOf(alarm: AlarmOfTemplate, samples: readonly Sample[], now: number, before: State = 'OK'): State {
  const { evaluationPeriods, datapointsToAlarm, missing } = alarm;
  const found = datapointsOf(alarm, samples, now).filter((value) => value !== undefined);
  const breaching = found.slice(0, evaluationPeriods).filter((value) => breaches(alarm, value)).length;
  const filled = Math.max(0, evaluationPeriods - found.length);
  if (missing === 'ignore' && found.length === 0) return before;
  if (filled > 0 && missing !== 'breaching' && missing !== 'notBreaching')
    throw new Error(`${alarm.id}: ${missing} is not evaluated here`);
  return breaching + (missing === 'breaching' ? filled : 0) >= datapointsToAlarm ? 'ALARM' : 'OK';
}

/** The datapoints of an alarm's evaluation range, the newest first. */
function datapointsOf(alarm: AlarmOfTemplate, samples: readonly Sample[], now: number): Value[] {
  const seconds = alarm.metrics[0]?.period ?? Number.NaN;
  const math = alarm.expression === undefined ? undefined : parseMath(alarm.expression);
  return Array.from({ length: alarm.evaluationPeriods + FARTHER }, (_, back) => {
    const until = (Math.floor(now / 1_000 / seconds) - back) * seconds * 1_000;
    const values = new Map(alarm.metrics.map((metric) => [metric.id, datapointOf(metric, samples, until)]));
    return math ? math(values) : [...values.values()][0];
  });
}

/** A metric's statistic of the period that ends at `until`. */
function datapointOf(
  { namespace, name, dimensions, statistic, period }: MetricOfAlarm,
  samples: readonly Sample[],
  until: number,
): Value {
  const values = samples
    .filter((one) => one.at >= until - period * 1_000 && one.at < until)
    .filter((one) => one.namespace === namespace && one.name === name && isSame(one.dimensions, dimensions))
    .map(({ value }) => value);
  return values.length === 0 ? undefined : statisticOf(statistic, values);
}

/** Each set of dimensions is a metric of its own: CloudWatch adds nothing up over them. */
const isSame = (a: Record<string, string>, b: Record<string, string>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, value]) => b[name] === value);

function statisticOf(statistic: string, values: number[]): number {
  const sum = values.reduce((a, b) => a + b);
  const [, percent] = /^p(\d+(?:\.\d+)?)$/.exec(statistic) ?? [];
  if (percent !== undefined)
    return values.sort((a, b) => a - b)[Math.ceil((Number(percent) / 100) * values.length) - 1] as number;
  switch (statistic) {
    case 'Sum':
      return sum;
    case 'Average':
      return sum / values.length;
    case 'Minimum':
      return Math.min(...values);
    case 'Maximum':
      return Math.max(...values);
    case 'SampleCount':
      return values.length;
    default:
      throw new Error(`the statistic ${statistic} is not known here`);
  }
}

const breaches = ({ comparison, threshold }: AlarmOfTemplate, value: number): boolean =>
  comparison === 'LessThanThreshold' ? value < threshold : value >= threshold;
