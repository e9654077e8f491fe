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
      // A batch of ten takes about a second, five at once: a hundred that three sweeps in a row find are no burst.
      metric: ours('VersionsWithoutMetadata', Stats.MINIMUM, period),
      atLeast: 100,
      periods: 3,
    },
    {
      id: 'OldestVersionWithoutMetadataAlarm',
      means: 'A version has waited so long that it was queued again, and again, and still has no metadata.',
      // Seconds: the first sweep queues it again after one sweepAfterSeconds, the second after two. Seen twice, so that the sweep itself has had its turn.
      metric: ours('OldestVersionWithoutMetadata', Stats.MAXIMUM, period),
      atLeast: 3 * afterSeconds,
      periods: 2,
    },
    {
      id: 'MetadataGivenUpAlarm',
      means: 'A version was given up: it is marked failed, and its owner sees it without a number and a name.',
      // One is enough: nobody tries again.
      metric: ours('MetadataGivenUp', Stats.SUM, period),
      atLeast: 1,
      periods: 1,
    },
    ...(everyMinutes === undefined
      ? []
      : [
          {
            id: 'SweepSilentAlarm',
            means: 'The sweep has not reported three times in a row: it fails, or its schedule does not call it.',
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
    means: 'Rules describe a fifth of the versions in the model’s place, and are not sure of themselves.',
    // Of ten versions in an hour at least: one that a filter refuses is no share.
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
    means: 'The model is asked more often than its quota allows: versions wait, then rules describe them.',
    // A burst of builds throttles some, which come again after the back-off; ten in each of two periods do not get through.
    metric: ours('ModelThrottled'),
    atLeast: 10,
    periods: 3,
    breaches: 2,
  },
  {
    id: 'ModelFailedAlarm',
    means: 'The model may not be invoked, is not there, or does not answer in time.',
    metric: ours('ModelFailed'),
    // As above, but there is no burst in which this is right.
    atLeast: 3,
    periods: 3,
    breaches: 2,
  },
];
