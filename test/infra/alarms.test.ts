import { beforeAll, describe, expect, it } from 'vitest';
import {
  existingCluster,
  ofType,
  only,
  type Resource,
  resource,
  synthesizeTemplate,
  type Template,
  textOf,
} from '../support/template.ts';

/** With all there can be. */
let template: Template;
beforeAll(async () => {
  template = await synthesizeTemplate({
    modelId: 'amazon.nova-lite-v1:0',
    alarmEmail: 'ops@example.com,night@example.com',
    ...{ jwtIssuer: 'https://issuer.example', jwtAudience: 'web', jwtClientId: 'web' },
  });
});

/** The alarms of a template, and the metrics each is about. */
const alarms = (template: Template) => Object.entries(ofType(template, 'AWS::CloudWatch::Alarm'));
function metricsOf({ Properties }: Resource): { name: string; namespace: string; period: number }[] {
  if (!Properties.Metrics)
    return [{ name: Properties.MetricName, namespace: Properties.Namespace, period: Properties.Period }];
  return Properties.Metrics.filter((one: { MetricStat?: object }) => one.MetricStat).map(
    ({ MetricStat: { Metric, Period } }: { MetricStat: { Metric: Record<string, string>; Period: number } }) => ({
      name: Metric.MetricName,
      namespace: Metric.Namespace,
      period: Period,
    }),
  );
}

describe('alarms', () => {
  it('are these', () => {
    expect(alarms(template).map(([id]) => id)).toEqual([
      ...['ApiErrorsAlarm', 'DefectAlarm', 'ApiLatencyAlarm', 'ApiThrottlesAlarm'],
      ...[
        'VersionsWithoutMetadataAlarm',
        'OldestVersionWithoutMetadataAlarm',
        'MetadataGivenUpAlarm',
        'SweepSilentAlarm',
      ],
      ...['MetadataFallbackAlarm', 'ModelThrottledAlarm', 'ModelFailedAlarm'],
      ...['MetadataDeadLetterAlarm', 'MetadataDeadLetterInflowAlarm', 'MetadataQueueAgeAlarm', 'QueueSendFailedAlarm'],
      ...['FunctionErrorsAlarm', 'FunctionThrottlesAlarm', 'FunctionDurationAlarm', 'RotationFailedAlarm'],
      ...['DatabaseFailedAlarm', 'DatabaseCapacityAlarm'],
      ...['MigrationFailedAlarm', 'BackfillUnfinishedAlarm', 'MigrationsDeadLetterAlarm'],
      ...['IntegrityFindingsAlarm', 'IntegrityUncheckedAlarm'],
    ]);
  });

  it('have the stack’s name and their logical id, say what they mean and where the runbook goes on', () => {
    for (const [id, { Properties }] of alarms(template)) {
      expect(textOf(Properties.AlarmName)).toBe(`AWS::StackName-${id}`);
      expect(Properties.AlarmDescription).toMatch(
        new RegExp(`^[A-Z].{30,}\\. What to do: infra/monitoring/RUNBOOK\\.md#${id.toLowerCase()}\\.$`),
      );
      expect(Properties.AlarmDescription.length).toBeLessThanOrEqual(1_024);
    }
  });

  it('tell the topic when they begin and when they are over', () => {
    for (const [id, { Properties }] of alarms(template))
      expect([Properties.AlarmActions, Properties.OKActions], id).toEqual([
        [{ Ref: 'AlarmTopic' }],
        [{ Ref: 'AlarmTopic' }],
      ]);
  });

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  it('are such as CloudWatch takes: of ten metrics, over a day, or a week when a period is an hour', () => {
    for (const [id, one] of alarms(template)) {
      const metrics = metricsOf(one);
      const { EvaluationPeriods, DatapointsToAlarm } = one.Properties;
      expect(metrics.length, id).toBeLessThanOrEqual(10);
      for (const { period } of metrics) {
        expect(period % 60, id).toBe(0);
        expect(period * EvaluationPeriods, id).toBeLessThanOrEqual(period < 3_600 ? 86_400 : 7 * 86_400);
      }
      expect(DatapointsToAlarm, id).toBeLessThanOrEqual(EvaluationPeriods);
    }
  });

  it('ring for what is no blip: once only where nothing mends by itself, or the period is a long one', () => {
    const once = alarms(template).filter(([, { Properties }]) => Properties.DatapointsToAlarm === 1);
    expect(once.map(([id]) => id)).toEqual([
      'MetadataGivenUpAlarm',
      'MetadataFallbackAlarm',
      'MetadataDeadLetterAlarm',
      'MetadataDeadLetterInflowAlarm',
      'MigrationFailedAlarm',
      'MigrationsDeadLetterAlarm',
      'IntegrityFindingsAlarm',
    ]);
  });

  it('take silence for trouble where somebody has to speak, and nowhere else', () => {
    const silence = (which: string) =>
      alarms(template)
        .filter(([, { Properties }]) => Properties.TreatMissingData === which)
        .map(([id]) => id);
    expect(silence('breaching')).toEqual(['SweepSilentAlarm', 'IntegrityUncheckedAlarm']);
    expect(silence('missing')).toEqual(['DatabaseCapacityAlarm']);
    // SQS says nothing of a queue that nobody touches; between two checks the last one holds.
    expect(silence('ignore')).toEqual([
      'MetadataDeadLetterAlarm',
      'MigrationsDeadLetterAlarm',
      'IntegrityFindingsAlarm',
    ]);
  });

  it('leave no function out, the page’s neither: who has no part in those for all has one of its own', () => {
    const functions = Object.entries(ofType(template, 'AWS::Lambda::Function')).flatMap(([id, { Properties }]) =>
      Properties.Environment?.Variables.STACK_NAME ? [id] : [],
    );
    const watched = JSON.stringify(resource(template, 'FunctionErrorsAlarm').Properties.Metrics);
    const others = functions.filter((id) => !watched.includes(`{"Ref":"${id}"}`));
    expect(functions).toContain('ServePage');
    expect(others.sort()).toEqual(['ApplyMigrations', 'BeginMigrations', 'ContinueMigrations', 'RotateSecrets']);
  });

  it('of our own metrics are of this stack alone', () => {
    const ours = JSON.stringify(template.Resources).match(/"Dimensions":\[\{"Name":"service"[^\]]*\]/g) ?? [];
    expect(ours.length).toBeGreaterThan(10);
    for (const dimensions of ours)
      expect(dimensions).toBe(
        '"Dimensions":[{"Name":"service","Value":"project-versions"},{"Name":"stack","Value":{"Ref":"AWS::StackName"}}]',
      );
  });

  it('are about no model, no cluster and no schedule where there is none', async () => {
    const less = await synthesizeTemplate({ ...existingCluster, sweepMinutes: 0, integrityHours: 0 });
    expect(ofType(less, 'AWS::SNS::Subscription'), 'nor about anybody to tell').toEqual({});
    const ids = alarms(less).map(([id]) => id);
    for (const absent of [
      'MetadataFallbackAlarm',
      'ModelThrottledAlarm',
      'ModelFailedAlarm',
      'DatabaseCapacityAlarm',
      'SweepSilentAlarm',
      'IntegrityUncheckedAlarm',
    ])
      expect(ids).not.toContain(absent);
  });

  it('look back no longer than CloudWatch does, however rarely a schedule calls', async () => {
    const rarely = await synthesizeTemplate({
      ...{ sweepMinutes: 1_440, sweepAfterSeconds: 86_400, integrityHours: 168, minCapacity: 2, maxCapacity: 2 },
    });
    for (const [id, { Properties }] of alarms(rarely))
      expect(Properties.EvaluationPeriods * (Properties.Period ?? 0), id).toBeLessThanOrEqual(7 * 86_400);
    expect(resource(rarely, 'IntegrityUncheckedAlarm').Properties).toMatchObject({
      Period: 604_800,
      EvaluationPeriods: 1,
    });
    // A cluster that cannot grow is always as large as it may be: its processors say whether that is enough.
    expect(resource(rarely, 'DatabaseCapacityAlarm').Properties.MetricName).toBe('CPUUtilization');
    expect(resource(template, 'DatabaseCapacityAlarm').Properties.MetricName).toBe('ACUUtilization');
  });

  it('come from numbers of the context', async () => {
    const other = await synthesizeTemplate({
      ...{ minCapacity: 0, maxCapacity: 2, sweepAfterSeconds: 60, metadataTimeoutSeconds: 300, apiTimeoutSeconds: 10 },
    });
    const threshold = (id: string) => resource(other, id).Properties.Threshold;
    expect(threshold('ApiLatencyAlarm'), 'a paused database').toBe(20_000);
    expect(threshold('OldestVersionWithoutMetadataAlarm')).toBe(180);
    expect(threshold('MetadataQueueAgeAlarm'), 'twice the visibility timeout').toBe(2 * 6 * 300);
    expect(JSON.stringify(resource(other, 'FunctionDurationAlarm').Properties.Metrics)).toContain(
      'FILL(f0, 0) / 10000,',
    );
  });
});

describe('whoever is told', () => {
  it('is told by e-mail, over TLS, encrypted with a key that CloudWatch may use', () => {
    expect(template.Outputs.AlarmTopicArn?.Value).toEqual({ Ref: 'AlarmTopic' });
    const subscriptions = Object.values(ofType(template, 'AWS::SNS::Subscription')).map(({ Properties }) => Properties);
    expect(subscriptions).toEqual(
      ['ops@example.com', 'night@example.com'].map((Endpoint) => ({
        Endpoint,
        Protocol: 'email',
        TopicArn: { Ref: 'AlarmTopic' },
      })),
    );
    const [[keyId, key] = ['', undefined]] = Object.entries(ofType(template, 'AWS::KMS::Key'));
    expect(resource(template, 'AlarmTopic').Properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [keyId, 'Arn'] });
    const cloudWatch = { Service: 'cloudwatch.amazonaws.com' };
    expect(key?.Properties.KeyPolicy.Statement).toContainEqual(
      expect.objectContaining({ Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Principal: cloudWatch }),
    );
    const [deny, allow] = only(template, 'AWS::SNS::TopicPolicy').Properties.PolicyDocument.Statement;
    expect(deny).toMatchObject({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    expect(allow).toMatchObject({ Effect: 'Allow', Action: 'sns:Publish', Principal: cloudWatch });
    expect(textOf(allow.Condition.ArnLike['aws:SourceArn'])).toMatch(/:alarm:AWS::StackName-\*$/);
  });
});

it('429s are counted in the log of the API, of this stack', () => {
  expect(only(template, 'AWS::Logs::MetricFilter').Properties).toMatchObject({
    FilterPattern: '{ $.status = "429" }',
    MetricTransformations: [{ MetricNamespace: 'project-versions', MetricName: 'RequestsThrottled', MetricValue: '1' }],
  });
  const format = textOf(only(template, 'AWS::ApiGatewayV2::Stage').Properties.AccessLogSettings.Format);
  expect(JSON.parse(format)).toMatchObject({
    ...{ status: '$context.status', service: 'project-versions', stack: 'AWS::StackName' },
  });
});

describe('the dashboard', () => {
  it('is one a stack and region, and shows the alarms first, then what a user meets, in that order', () => {
    const { DashboardName, DashboardBody } = only(template, 'AWS::CloudWatch::Dashboard').Properties;
    expect(textOf(DashboardName)).toBe('AWS::StackName-AWS::Region');
    const { widgets } = JSON.parse(textOf(DashboardBody));
    expect(widgets[0]).toMatchObject({ type: 'alarm', y: 0 });
    expect(widgets[0].properties.alarms).toHaveLength(alarms(template).length);
    const headings = widgets.flatMap(({ type, properties }: { type: string; properties: { markdown: string } }) =>
      type === 'text' ? [properties.markdown] : [],
    );
    expect(headings).toEqual(
      ['The API', 'Versions and their metadata', 'Queues', 'Functions', 'The database', 'Migrations', 'Integrity'].map(
        (title) => `## ${title}`,
      ),
    );
    expect(template.Outputs.DashboardUrl?.Value).toBeDefined();
  });
});
