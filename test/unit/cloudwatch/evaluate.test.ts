import { describe, expect, it } from 'vitest';
import type { AlarmOfTemplate } from '../../support/cloudwatch/alarm.ts';
import type { Sample } from '../../support/cloudwatch/emf.ts';
import { stateOf } from '../../support/cloudwatch/evaluate.ts';

const MINUTE = 60_000;
const dimensions = { service: 'shop', stack: 'North' };
const metric = { id: 'm', namespace: 'shop', name: 'Failed', dimensions, statistic: 'Sum', period: 60 };
const alarm = (over: Partial<AlarmOfTemplate> = {}): AlarmOfTemplate => ({
  ...{ id: 'FailedAlarm', metrics: [metric], expression: undefined },
  ...{ threshold: 1, comparison: 'GreaterThanOrEqualToThreshold', missing: 'notBreaching' },
  ...{ evaluationPeriods: 3, datapointsToAlarm: 3 },
  ...over,
});
const sample = (minute: number, value: number, over: Partial<Sample> = {}): Sample => ({
  ...{ namespace: 'shop', name: 'Failed', dimensions, unit: 'Count', value, at: minute * MINUTE },
  ...over,
});
/** A datapoint a minute, the newest last: `X` breaches, `0` does not, `-` is missing. The state right after the last. */
const state = (points: string, of: Partial<AlarmOfTemplate>) => {
  const samples = [...points.replaceAll(' ', '')].flatMap((point, minute) =>
    point === '-' ? [] : [sample(minute, point === 'X' ? 1 : 0)],
  );
  return stateOf(alarm(of), samples, points.replaceAll(' ', '').length * MINUTE);
};

// The tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
describe('an alarm of three periods', () => {
  it.each([
    ['0 - X - X', 'OK', 'OK'],
    ['0 - - - -', 'OK', 'OK'],
    ['- - - - -', 'ALARM', 'OK'],
    ['0 X X - X', 'ALARM', 'ALARM'],
    ['- - X - -', 'ALARM', 'OK'],
  ] as const)('%s: %s when what is missing breaches, %s when it does not', (points, breaching, notBreaching) => {
    expect(state(points, { missing: 'breaching' })).toBe(breaching);
    expect(state(points, { missing: 'notBreaching' })).toBe(notBreaching);
  });

  it.each([
    ['0 - X - X', 'ALARM', 'ALARM'],
    ['0 0 X 0 X', 'ALARM', 'ALARM'],
    ['0 - X - -', 'ALARM', 'OK'],
    ['- - - - 0', 'ALARM', 'OK'],
    ['- - - - X', 'ALARM', 'OK'],
  ] as const)(
    'two of them, %s: %s when what is missing breaches, %s when it does not',
    (points, breaching, notBreaching) => {
      expect(state(points, { datapointsToAlarm: 2, missing: 'breaching' })).toBe(breaching);
      expect(state(points, { datapointsToAlarm: 2, missing: 'notBreaching' })).toBe(notBreaching);
    },
  );

  it('is of the newest datapoints there are', () => {
    expect(state('X X X 0 0 0', {})).toBe('OK');
    expect(state('0 0 0 X X X', {})).toBe('ALARM');
    expect(state('X X X', { comparison: 'LessThanThreshold' })).toBe('OK');
    expect(state('0 0 0', { comparison: 'LessThanThreshold' })).toBe('ALARM');
  });

  it('stays what it was when what is missing is ignored, and all is missing', () => {
    for (const before of ['OK', 'ALARM'] as const)
      expect(stateOf(alarm({ missing: 'ignore' }), [], 5 * MINUTE, before)).toBe(before);
    expect(state('X - - -', { missing: 'ignore', evaluationPeriods: 1, datapointsToAlarm: 1 })).toBe('OK');
  });

  it('says nothing where the guide does not', () => {
    expect(() => state('- - X', { missing: 'ignore' })).toThrow('ignore is not evaluated');
    expect(() => state('- - -', { missing: 'missing' })).toThrow('missing is not evaluated');
  });
});

describe('a datapoint', () => {
  const one = { evaluationPeriods: 1, datapointsToAlarm: 1 };
  const at = (samples: Sample[], over: Partial<AlarmOfTemplate>) =>
    stateOf(alarm({ ...one, ...over }), samples, MINUTE);
  const values = [5, 1, 3].map((value) => sample(0, value));
  it.each([
    ['Sum', 9],
    ['Average', 3],
    ['Minimum', 1],
    ['Maximum', 5],
    ['SampleCount', 3],
    ['p50', 3],
    ['p99', 5],
  ])('is the %s of its period: %d', (statistic, value) => {
    const metrics = [{ ...metric, statistic }];
    expect(at(values, { metrics, threshold: value })).toBe('ALARM');
    expect(at(values, { metrics, threshold: value + 0.1 })).toBe('OK');
  });

  it('is of a period that is over, aligned to the clock', () => {
    const state = (now: number) => stateOf(alarm(one), [sample(1, 1)], now);
    expect(state(2 * MINUTE - 1)).toBe('OK');
    expect(state(2 * MINUTE)).toBe('ALARM');
    expect(state(3 * MINUTE - 1)).toBe('ALARM');
  });

  it.each([
    { namespace: 'other' },
    { name: 'Other' },
    { dimensions: { service: 'shop', stack: 'South' } },
    { dimensions: { service: 'shop' } },
    { dimensions: { ...dimensions, function: 'list' } },
  ])('is of this metric alone, not of %j', (other) => {
    expect(at([sample(0, 1, other)], {})).toBe('OK');
  });

  it('is what the expression makes of the metrics of one period', () => {
    const metrics = [metric, { ...metric, id: 'all', name: 'Asked' }];
    const share = { metrics, expression: 'IF(all >= 10, 100 * m / all, 0)', threshold: 20 };
    const asked = (count: number) => sample(0, count, { name: 'Asked' });
    expect(at([sample(0, 2), asked(10)], share)).toBe('ALARM');
    expect(at([sample(0, 1), asked(10)], share)).toBe('OK');
    expect(at([sample(0, 9), asked(9)], share)).toBe('OK');
    expect(at([asked(10)], share)).toBe('OK');
  });
});
