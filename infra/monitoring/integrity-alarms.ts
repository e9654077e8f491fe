import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { Config } from '../config.ts';
import type { AlarmDefinition } from './alarm.ts';
import { ours } from './metrics.ts';

/** The most an alarm looks back, in hours: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const WEEK = 7 * 24;

/** A database that is not as it has to be, and one that nobody looks at. */
export const integrityAlarms = ({ integrityHours }: Pick<Config, 'integrityHours'>): AlarmDefinition[] => [
  {
    id: 'IntegrityFindingsAlarm',
    means: 'The integrity check found inconsistent data. Its log has a line for each finding.',
    // One is enough: a finding does not disappear by itself.
    metric: ours('IntegrityFindings', Stats.MAXIMUM, Duration.hours(1)),
    atLeast: 1,
    periods: 1,
    // Between two checks what the last one found still holds.
    missing: TreatMissingData.IGNORE,
  },
  ...(integrityHours === undefined ? [] : [unchecked(integrityHours)]),
];

const unchecked = (everyHours: number): AlarmDefinition => ({
  id: 'IntegrityUncheckedAlarm',
  means:
    'The integrity check was incomplete or missing twice in a row: it fails, times out, or its schedule does not invoke it.',
  metric: ours('IntegrityUnfinished', Stats.MINIMUM, Duration.hours(everyHours)),
  atLeast: 1,
  periods: Math.min(2, Math.floor(WEEK / everyHours)),
  // That nothing comes is half of what this one is about.
  missing: TreatMissingData.BREACHING,
});
