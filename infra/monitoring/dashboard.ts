import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Aws, Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { KINDS } from '../../functions/integrity/finding.ts';
import type { ServiceFunction } from '../constructs/service-function.ts';
import { ofApi } from './api-alarms.ts';
import { ofCluster, type WatchedCluster } from './database-alarms.ts';
import { errorsOf, throttlesOf } from './function-alarms.ts';
import { FIVE_MINUTES, ours } from './metrics.ts';

/** What the graphs are of. */
export interface DashboardProps {
  alarms: Alarm[];
  apiId: string;
  metadata: { queue: IQueue; deadLetterQueue: IQueue };
  functions: ServiceFunction[];
  cluster: WatchedCluster | undefined;
  hasModel: boolean;
}

/** Units of CloudWatch’s grid of 24. */
const WIDTH = 24;

/**
 * One page, read from the top: which alarms ring, then what a user meets, in that order: the API, versions and their metadata, queues, functions, the
 * database, migrations, integrity.
 */
export class StackDashboard extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    // Dashboards are an account’s, not a region’s: a stack of the same name may be in another one.
    const dashboardName = `${Aws.STACK_NAME}-${Aws.REGION}`;
    const { alarms, ...of } = props;
    new Dashboard(this, 'Dashboard', {
      dashboardName,
      defaultInterval: Duration.days(1),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms, width: WIDTH, height: 5 })],
        ...section('The API', api(of)),
        ...section('Versions and their metadata', metadata(of)),
        ...section('Queues', queues(of)),
        ...section('Functions', functions(of)),
        ...section('The database', database(of)),
        ...section('Migrations', migrations()),
        ...section('Integrity', integrity()),
      ],
    });
    this.url = `https://${Aws.REGION}.console.aws.amazon.com/cloudwatch/home?region=${Aws.REGION}#dashboards/dashboard/${dashboardName}`;
  }
}

type Of = Omit<DashboardProps, 'alarms'>;
/** A graph: its title, what is on it, and on another scale at the right. */
type Graph = [title: string, left: IMetric[], right?: IMetric[]];

/** A heading and its graphs, in one row. */
const section = (title: string, graphs: Graph[]): IWidget[][] => [
  [new TextWidget({ markdown: `## ${title}`, width: WIDTH, height: 1 })],
  graphs.map(
    ([title, left, right = []]) =>
      new GraphWidget({
        title,
        left,
        right,
        leftYAxis: { min: 0, showUnits: false },
        rightYAxis: { min: 0, showUnits: false },
        width: Math.floor(WIDTH / graphs.length),
        height: 6,
      }),
  ),
];

const api = ({ apiId }: Of): Graph[] => [
  [
    'Requests, and answers that are errors',
    [ofApi(apiId, 'Count', Stats.SUM, 'requests')],
    [ofApi(apiId, '4xx', Stats.SUM), ofApi(apiId, '5xx', Stats.SUM)],
  ],
  [
    'Latency, ms',
    [Stats.percentile(50), Stats.percentile(99)].map((statistic) => ofApi(apiId, 'Latency', statistic, statistic)),
  ],
  ['Refused and failed', [ours('RequestsThrottled'), ours('Answers503'), ours('Answers500')]],
];

const metadata = ({ hasModel }: Of): Graph[] => [
  [
    'Versions without metadata, and how long the oldest waits, s',
    [ours('VersionsWithoutMetadata', Stats.MAXIMUM)],
    [ours('OldestVersionWithoutMetadata', Stats.MAXIMUM)],
  ],
  [
    'What becomes of messages',
    ['Applied', 'Repeated', 'Overridden', 'Retried', 'Refused', 'DeadLettered', 'Requeued', 'GivenUp'].map((what) =>
      ours(`Metadata${what}`),
    ),
  ],
  [
    'From the report to the metadata, ms',
    [Stats.percentile(50), Stats.percentile(99)].map((statistic) =>
      ours('MetadataLatency', statistic).with({ label: statistic }),
    ),
  ],
  [
    'Where metadata comes from',
    [
      ...['Document', 'Model', 'Rules'].map((source) => ours(`GeneratedBy${source}`)),
      ...(hasModel ? [ours('MetadataFallback')] : []),
    ],
    hasModel ? ['ModelCalls', 'ModelThrottled', 'ModelFailed'].map((name) => ours(name)) : [],
  ],
];

const queues = ({ metadata: { queue, deadLetterQueue } }: Of): Graph[] => [
  [
    'Messages',
    [
      queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES, label: 'wait' }),
      queue.metricApproximateNumberOfMessagesNotVisible({
        ...{ statistic: Stats.MAXIMUM, period: FIVE_MINUTES },
        label: 'are worked on, or wait for their back-off',
      }),
    ],
  ],
  [
    'Age of the oldest message, s',
    [queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES, label: 'age' })],
  ],
  [
    'Dead letters, and messages no queue took',
    [
      deadLetterQueue.metricApproximateNumberOfMessagesVisible({
        ...{ statistic: Stats.MAXIMUM, period: FIVE_MINUTES },
        label: 'dead letters',
      }),
    ],
    [ours('MetadataDeadLettered'), ours('QueueSendFailed')],
  ],
];

const functions = ({ functions: all }: Of): Graph[] => [
  [
    'Calls',
    all.map((one) => one.metricInvocations({ statistic: Stats.SUM, period: FIVE_MINUTES, label: one.node.id })),
  ],
  ['Errors', all.map(errorsOf)],
  ['Throttled', all.map(throttlesOf)],
  [
    'Longest call, ms',
    all.map((one) => one.metricDuration({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES, label: one.node.id })),
  ],
];

const database = ({ cluster }: Of): Graph[] => [
  [
    'Calls that failed',
    ['Throttled', 'Unavailable', 'Resuming', 'TimedOut', 'Contended', 'LoginRefused', 'Refused'].map((kind) =>
      ours(`Database${kind}`),
    ),
  ],
  ...(cluster === undefined
    ? []
    : ([
        ['Capacity, ACU', [ofCluster(cluster, 'ServerlessDatabaseCapacity', Stats.AVERAGE)]],
        [
          'Of the most it may have, %',
          ['ACUUtilization', 'CPUUtilization'].map((name) => ofCluster(cluster, name, Stats.AVERAGE)),
        ],
      ] satisfies Graph[])),
];

const migrations = (): Graph[] => [
  ['Failed, unfinished', [ours('MigrationFailed'), ours('MigrationUnfinished', Stats.MAXIMUM)]],
  [
    'The backfill: rows done, and rows a second',
    [ours('MigrationRowsDone', Stats.MAXIMUM)],
    [ours('MigrationRowsPerSecond', Stats.AVERAGE)],
  ],
  ['The backfill: seconds left', [ours('MigrationSecondsLeft', Stats.MINIMUM)]],
];

const integrity = (): Graph[] => [
  ['What was found, by kind', Object.values(KINDS).map(({ metric }) => ours(metric, Stats.MAXIMUM))],
  [
    'Versions checked, and incomplete checks',
    [ours('IntegrityVersions', Stats.MAXIMUM)],
    [ours('IntegrityUnfinished')],
  ],
];
