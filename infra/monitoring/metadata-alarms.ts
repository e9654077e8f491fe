import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { Config } from '../config.ts';
import type { AlarmDefinition } from './alarm.ts';
import { combined, ours } from './metrics.ts';

/** Versions whose metadata does not come, a sweep that says nothing, and a model that does not answer. */
export const metadataAlarms = ({ sweep, model }: Pick<Config, 'sweep' | 'model'>): AlarmDefinition[] => [
  ...waiting(sweep),
  ...(model ? asked : []),
];

function waiting({ everyMinutes, afterSeconds }: Config['sweep']): AlarmDefinition[] {
  // A sweep a period. Beside batches it comes when they do, at most once in afterSeconds.
  const period = Duration.minutes(everyMinutes ?? Math.max(5, Math.ceil(afterSeconds / 60)));
  return [
    {
      id: 'VersionsWithoutMetadataAlarm',
      means: 'Versions arrive faster than their metadata is generated.',
      // A batch of ten takes about a second, and five run at once. A hundred in three sweeps in a row are more than a burst.
      metric: ours('VersionsWithoutMetadata', Stats.MINIMUM, period),
      atLeast: 100,
      periods: 3,
    },
    {
      id: 'OldestVersionWithoutMetadataAlarm',
      means: 'A version has no metadata although it was requeued twice.',
      // Seconds. The sweep requeues a version after sweepAfterSeconds, and again after twice that. Two periods, so that the sweep has run.
      metric: ours('OldestVersionWithoutMetadata', Stats.MAXIMUM, period),
      atLeast: 3 * afterSeconds,
      periods: 2,
    },
    {
      id: 'MetadataGivenUpAlarm',
      means:
        'Metadata generation failed for good. The version is marked failed, and its owner sees no number and no name.',
      // One is enough: nothing retries it.
      metric: ours('MetadataGivenUp', Stats.SUM, period),
      atLeast: 1,
      periods: 1,
    },
    ...(everyMinutes === undefined
      ? []
      : [
          {
            id: 'SweepSilentAlarm',
            means: 'The sweep has not reported three times in a row: it fails, or its schedule does not invoke it.',
            metric: ours('VersionsWithoutMetadata', Stats.SAMPLE_COUNT, period),
            below: 1,
            periods: 3,
            // That nothing comes is what this one is about.
            missing: TreatMissingData.BREACHING,
          } satisfies AlarmDefinition,
        ]),
  ];
}

const asked: AlarmDefinition[] = [
  {
    id: 'MetadataFallbackAlarm',
    means: 'In one hour, rules had to replace the model for at least 20 % of ten or more versions.',
    // At least ten versions in the hour: one that the model’s filter rejects does not count as a share.
    metric: combined(
      'IF(described >= 10, 100 * share, 0)',
      {
        described: ours('MetadataFallback', Stats.SAMPLE_COUNT, Duration.hours(1)),
        share: ours('MetadataFallback', Stats.AVERAGE, Duration.hours(1)),
      },
      'rules in the model’s place, %',
      Duration.hours(1),
    ),
    atLeast: 20,
    periods: 1,
  },
  {
    id: 'ModelThrottledAlarm',
    means: 'The model throttles requests: versions wait, then rules describe them.',
    // Some requests of a burst are throttled and retried after the back-off. Ten in each of two periods mean that retries fail too.
    metric: ours('ModelThrottled'),
    atLeast: 10,
    periods: 3,
    breaches: 2,
  },
  {
    id: 'ModelFailedAlarm',
    means: 'Calls of the model fail: access is denied, the model does not exist, or it times out.',
    metric: ours('ModelFailed'),
    // A lower limit than for throttling, because a burst does not cause these.
    atLeast: 3,
    periods: 3,
    breaches: 2,
  },
];
