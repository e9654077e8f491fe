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
