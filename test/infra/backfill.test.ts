import { beforeAll, describe, expect, it } from 'vitest';
import { ofType, type Resource, resource, synthesizeTemplate, type Template } from '../support/template.ts';

const day = 24 * 60 * 60;
let template: Template;
beforeAll(async () => {
  template = await synthesizeTemplate();
});

describe('a backfill that outlives its deployment', () => {
  const mapping = (): [string, Resource] => {
    const found = Object.entries(ofType(template, 'AWS::Lambda::EventSourceMapping')).find(
      ([, { Properties }]) => Properties.FunctionName.Ref === 'ContinueMigrations',
    );
    if (!found) throw new Error('nobody works on the queue');
    return found;
  };

  it('is worked on a message at a time, two at most, by a function that may queue its own next', () => {
    expect(mapping()[1].Properties).toEqual({
      EventSourceArn: { 'Fn::GetAtt': ['MigrationsQueue', 'Arn'] },
      FunctionName: { Ref: 'ContinueMigrations' },
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    expect(resource(template, 'ContinueMigrations').Properties).toMatchObject({
      Timeout: 120,
      RecursiveLoop: 'Allow',
    });
  });

  it('has a queue that hides a message for six timeouts, and moves it to the dead letters when it has failed five times', () => {
    expect(resource(template, 'MigrationsQueue').Properties).toEqual({
      VisibilityTimeout: 6 * 120,
      MessageRetentionPeriod: 4 * day,
      RedrivePolicy: {
        deadLetterTargetArn: { 'Fn::GetAtt': ['MigrationsDeadLetterQueue', 'Arn'] },
        maxReceiveCount: 5,
      },
      SqsManagedSseEnabled: true,
    });
    expect(resource(template, 'MigrationsDeadLetterQueue').Properties).toEqual({
      MessageRetentionPeriod: 14 * day,
      SqsManagedSseEnabled: true,
    });
    const queues = Object.values(ofType(template, 'AWS::SQS::QueuePolicy')).map(
      ({ Properties }) => Properties.Queues[0].Ref,
    );
    expect(queues).toEqual(expect.arrayContaining(['MigrationsQueue', 'MigrationsDeadLetterQueue']));
  });

  it('finds all of it there before the migrations begin, and none of it waits for them', () => {
    const [[custom = '', { DependsOn = [] }] = ['', {}]] = Object.entries(ofType(template, 'Custom::Migrations'));
    const [id, { DependsOn: ofMapping = [] }] = mapping();
    expect(DependsOn).toEqual(expect.arrayContaining([id, 'ContinueMigrations', 'MigrationsQueue']));
    expect([...ofMapping, ...(resource(template, 'ContinueMigrations').DependsOn ?? [])]).not.toContain(custom);
  });
});

describe('alarms', () => {
  /** An alarm; its description with names in the place of references. */
  const alarm = (id: string): Record<string, unknown> & { AlarmDescription: string } => {
    const { Properties } = resource(template, id);
    const parts = Properties.AlarmDescription['Fn::Join'][1] as (string | { Ref?: string; 'Fn::GetAtt'?: string[] })[];
    const text = parts.map((part) => (typeof part === 'string' ? part : (part.Ref ?? part['Fn::GetAtt']?.join('.'))));
    return { ...Properties, AlarmDescription: text.join('') };
  };
  const ofStack = [
    { Name: 'service', Value: 'project-versions' },
    { Name: 'stack', Value: { Ref: 'AWS::StackName' } },
  ];

  it('say what to do, with the command', () => {
    const ids = Object.keys(ofType(template, 'AWS::CloudWatch::Alarm')).sort();
    expect(ids).toEqual(['BackfillUnfinishedAlarm', 'MigrationFailedAlarm', 'MigrationsDeadLetterAlarm']);
    const [unfinished, failed, dead] = ids.map((id) => alarm(id).AlarmDescription);
    expect(unfinished).toMatch(/: npm run migrate -- status --stack AWS::StackName$/);
    expect(failed).toMatch(/: npx cdk deploy, or npm run migrate -- up --stack AWS::StackName$/);
    expect(dead).toContain(': aws sqs start-message-move-task --source-arn MigrationsDeadLetterQueue.Arn;');
  });

  it('ring for a migration that failed, and while a backfill is tried again every 12 minutes', () => {
    expect(alarm('MigrationFailedAlarm')).toMatchObject({
      Namespace: 'project-versions',
      MetricName: 'MigrationFailed',
      Dimensions: ofStack,
      Statistic: 'Sum',
      Period: 15 * 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it('ring for a backfill that was not done in any of 24 hours', () => {
    expect(alarm('BackfillUnfinishedAlarm')).toMatchObject({
      MetricName: 'MigrationUnfinished',
      Dimensions: ofStack,
      Statistic: 'Minimum',
      Period: 60 * 60,
      EvaluationPeriods: 24,
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('ring for a dead letter, and until it is gone', () => {
    expect(alarm('MigrationsDeadLetterAlarm')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['MigrationsDeadLetterQueue', 'QueueName'] } }],
      Statistic: 'Maximum',
      Threshold: 1,
      TreatMissingData: 'ignore',
    });
  });
});
