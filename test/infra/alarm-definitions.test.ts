import { beforeAll, describe, expect, it } from 'vitest';
import { type AlarmOfTemplate, alarmsOf } from '../support/cloudwatch/alarm.ts';
import type { Sample } from '../support/cloudwatch/emf.ts';
import { stateOf } from '../support/cloudwatch/evaluate.ts';
import { isDrilled } from '../support/cloudwatch/printed-metrics.ts';
import { synthesizeTemplate, type Template } from '../support/template.ts';

/** Values of a period, by metric, each of all that an alarm sees under that name. */
type Period = Record<string, number | number[]>;

let template: Template;
let alarms: AlarmOfTemplate[];
beforeAll(async () => {
  template = await synthesizeTemplate({ modelId: 'amazon.nova-lite-v1:0' });
  alarms = alarmsOf(template, 'ProjectVersions');
});

/** What AWS itself measures cannot be made to happen on one machine: the drill is of the others, and here these are given values by hand. */
const ON_METRICS_OF_AWS: [id: string, rings: Period, doesNot: Period][] = [
  ['ApiErrorsAlarm', { '5xx': 10, Count: 1_000 }, { '5xx': 4, Count: 5 }],
  ['ApiErrorsAlarm', { '5xx': 5, Count: 5 }, { '5xx': 9, Count: 1_000 }],
  ['ApiLatencyAlarm', { Latency: [...Array(98).fill(20), 3_000, 9_000] }, { Latency: [...Array(99).fill(20), 30_000] }],
  ['ApiThrottlesAlarm', { RequestsThrottled: Array(50).fill(1) }, { RequestsThrottled: Array(49).fill(1) }],
  ['MetadataQueueAgeAlarm', { ApproximateAgeOfOldestMessage: 900 }, { ApproximateAgeOfOldestMessage: 899 }],
  ['FunctionErrorsAlarm', { Errors: 1 }, { Errors: 0 }],
  ['FunctionThrottlesAlarm', { Throttles: 1 }, { Throttles: 0 }],
  // Of ServeDocs, which has five seconds, the longest call is near; of the others it is not.
  ['FunctionDurationAlarm', { Duration: 4_000 }, { Duration: 3_999 }],
  ['RotationFailedAlarm', { Errors: 1 }, { Errors: 0 }],
  ['DatabaseCapacityAlarm', { ACUUtilization: [100, 90] }, { ACUUtilization: [100, 89] }],
];

describe('alarms on metrics of AWS', () => {
  it('are these', () => {
    const ids = alarms.filter((alarm) => !isDrilled(alarm, template)).map(({ id }) => id);
    expect(ids).toEqual([...new Set(ON_METRICS_OF_AWS.map(([id]) => id))]);
  });

  it.each(ON_METRICS_OF_AWS)('%s rings at %j, not at %j, and not when it was over at once', (id, rings, doesNot) => {
    const alarm = alarms.find((one) => one.id === id) as AlarmOfTemplate;
    const { evaluationPeriods, datapointsToAlarm } = alarm;
    expect(state(alarm, Array(evaluationPeriods).fill(rings))).toBe('ALARM');
    expect(state(alarm, Array(evaluationPeriods).fill(doesNot))).toBe('OK');
    const once = [...Array(evaluationPeriods).fill(doesNot), rings];
    expect(state(alarm, once)).toBe(datapointsToAlarm === 1 ? 'ALARM' : 'OK');
  });
});

/** The state after these periods, the last the newest. */
function state(alarm: AlarmOfTemplate, periods: Period[]) {
  const milliseconds = (alarm.metrics[0]?.period ?? 0) * 1_000;
  const samples = periods.flatMap((values, index) =>
    alarm.metrics.flatMap(({ namespace, name, dimensions }): Sample[] =>
      [values[name] ?? []]
        .flat()
        .map((value) => ({ namespace, name, dimensions, unit: 'None', value, at: index * milliseconds })),
    ),
  );
  return stateOf(alarm, samples, periods.length * milliseconds);
}
