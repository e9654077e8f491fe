import { describe, expect, it } from 'vitest';
import { ofType, resource, synthesizeTemplate, type Template } from '../support/template.ts';

/** The schedules that call this function. */
const schedulesOf = (template: Template, id: string) =>
  Object.values(ofType(template, 'AWS::Scheduler::Schedule'))
    .map(({ Properties }) => Properties)
    .filter(({ Target }) => Target.Arn['Fn::GetAtt'][0] === id);

describe('the sweep', () => {
  it('runs every five minutes, as a role that may call this one function for this account’s schedules', async () => {
    const template = await synthesizeTemplate();
    const [{ Target, ...schedule }] = schedulesOf(template, 'SweepMetadata');
    expect(schedule).toMatchObject({ ScheduleExpression: 'rate(5 minutes)', FlexibleTimeWindow: { Mode: 'OFF' } });
    expect(Target).toMatchObject({
      Arn: { 'Fn::GetAtt': ['SweepMetadata', 'Arn'] },
      RetryPolicy: { MaximumRetryAttempts: 0 },
    });
    const roleId = Target.RoleArn['Fn::GetAtt'][0];
    expect(resource(template, roleId).Properties.AssumeRolePolicyDocument.Statement).toEqual([
      {
        Action: 'sts:AssumeRole',
        Effect: 'Allow',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
    const policies = Object.values(ofType(template, 'AWS::IAM::Policy')).filter(
      ({ Properties }) => Properties.Roles[0].Ref === roleId,
    );
    expect(policies.map(({ Properties }) => Properties.PolicyDocument.Statement)).toEqual([
      [{ Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: { 'Fn::GetAtt': ['SweepMetadata', 'Arn'] } }],
    ]);
  });

  it.each([{ minCapacity: 0 }, { sweepMinutes: 0 }])(
    'does not wake a database that may pause (%j): the worker sweeps beside its batches',
    async (context) => {
      const template = await synthesizeTemplate({ ...context, sweepAfterSeconds: 120, sweepAttempts: 3 });
      expect(schedulesOf(template, 'SweepMetadata')).toEqual([]);
      for (const id of ['GenerateMetadata', 'SweepMetadata'])
        expect(resource(template, id).Properties.Environment.Variables).toMatchObject({
          SWEEP_AFTER_SECONDS: '120',
          SWEEP_ATTEMPTS: '3',
        });
    },
  );
});

describe('the integrity check', () => {
  it('runs once a day, or as often as one likes', async () => {
    const [daily] = schedulesOf(await synthesizeTemplate(), 'CheckIntegrity');
    expect(daily).toMatchObject({ ScheduleExpression: 'rate(24 hours)', FlexibleTimeWindow: { Mode: 'OFF' } });
    const [hourly] = schedulesOf(await synthesizeTemplate({ integrityHours: '1' }), 'CheckIntegrity');
    expect(hourly.ScheduleExpression).toBe('rate(1 hour)');
  });

  it.each([{ minCapacity: 0 }, { integrityHours: 0 }])(
    'wakes no database (%j): it is there to be called by hand',
    async (context) => {
      const template = await synthesizeTemplate(context);
      expect(schedulesOf(template, 'CheckIntegrity')).toEqual([]);
      expect(resource(template, 'CheckIntegrity').Type).toBe('AWS::Lambda::Function');
    },
  );
});
