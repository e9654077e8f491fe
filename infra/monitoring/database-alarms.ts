import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmDefinition } from './alarm.ts';
import { ofAws, ours } from './metrics.ts';

/** A cluster this stack has made, and what it may grow to. */
export interface WatchedCluster {
  identifier: string;
  minCapacity: number;
  maxCapacity: number;
}

/** A metric of the cluster: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html */
export const ofCluster = ({ identifier }: WatchedCluster, metricName: string, statistic: string) =>
  ofAws('AWS/RDS', metricName, { dimensions: { DBClusterIdentifier: identifier }, statistic });

/** A database that does not answer, and one that cannot grow any more. */
export const databaseAlarms = (cluster: WatchedCluster | undefined): AlarmDefinition[] => [
  {
    id: 'DatabaseFailedAlarm',
    means: 'Database calls fail after all retries.',
    // One a minute in two periods: a failover affects only one period.
    metric: ours('DatabaseFailed'),
    atLeast: 5,
    periods: 3,
    breaches: 2,
  },
  ...(cluster ? [capacity(cluster)] : []),
];

const capacity = (cluster: WatchedCluster): AlarmDefinition => ({
  id: 'DatabaseCapacityAlarm',
  means: 'The database has been at maxCapacity for half an hour. More load makes it slower.',
  // Where minCapacity equals maxCapacity, capacity says nothing: the alarm watches the CPU instead.
  metric: ofCluster(
    cluster,
    cluster.minCapacity === cluster.maxCapacity ? 'CPUUtilization' : 'ACUUtilization',
    Stats.AVERAGE,
  ),
  atLeast: 95,
  periods: 6,
  // A cluster always says how large it is; one that does not is no cluster with nothing to do.
  missing: TreatMissingData.MISSING,
});
