import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { type ServiceFunction, serviceName } from '../constructs/service-function.ts';
import { makeAlarm } from './alarm.ts';
import { apiAlarms } from './api-alarms.ts';
import { StackDashboard } from './dashboard.ts';
import { databaseAlarms } from './database-alarms.ts';
import { functionAlarms } from './function-alarms.ts';
import { integrityAlarms } from './integrity-alarms.ts';
import { metadataAlarms } from './metadata-alarms.ts';
import { migrationAlarms } from './migration-alarms.ts';
import { queueAlarms } from './queue-alarms.ts';
import { AlarmTopic } from './topic.ts';

/** What is monitored. */
export interface MonitoringProps {
  config: Config;
  api: { apiId: string; accessLog: ILogGroup };
  /** Called by requests, messages and schedules. */
  functions: ServiceFunction[];
  rotation: ServiceFunction;
  metadata: { queue: IQueue; deadLetterQueue: IQueue; visibilitySeconds: number };
  migrations: { deadLetterQueue: IQueue };
  /** The identifier of a cluster this stack has made. */
  clusterIdentifier: string | undefined;
}

/** The alarms, whom they tell, and a dashboard in the order in which a user meets what may be wrong. */
export class Monitoring extends Construct {
  readonly topicArn: string;
  readonly dashboardUrl: string;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { config, api, functions, rotation, metadata, migrations, clusterIdentifier } = props;
    const { database } = config;
    const cluster =
      database.kind === 'new' && clusterIdentifier !== undefined
        ? { identifier: clusterIdentifier, ...database }
        : undefined;
    countThrottled(this, api.accessLog);
    const { topic } = new AlarmTopic(this, 'Alarms', config.alarmEmail);
    const alarms = [
      ...apiAlarms({ apiId: api.apiId, mayPause: cluster?.minCapacity === 0 }),
      ...metadataAlarms(config),
      ...queueAlarms(metadata),
      ...functionAlarms(functions, rotation),
      ...databaseAlarms(cluster),
      ...migrationAlarms(migrations.deadLetterQueue),
      ...integrityAlarms(config),
    ].map((definition) => makeAlarm(this, topic, definition));
    const dashboard = new StackDashboard(this, 'Dashboard', {
      alarms,
      apiId: api.apiId,
      metadata,
      functions,
      cluster,
      hasModel: config.model !== undefined,
    });
    this.topicArn = topic.topicArn;
    this.dashboardUrl = dashboard.url;
  }
}

/** An HTTP API counts no 429 by itself, only 4xx; its log names each. `RequestsThrottled`, with the dimensions of all our metrics. */
function countThrottled(scope: Construct, accessLog: ILogGroup): void {
  new MetricFilter(scope, 'Throttled', {
    logGroup: accessLog,
    filterPattern: FilterPattern.stringValue('$.status', '=', '429'),
    metricNamespace: serviceName,
    metricName: 'RequestsThrottled',
    metricValue: '1',
    dimensions: { service: '$.service', stack: '$.stack' },
  });
}
