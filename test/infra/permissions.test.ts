import { beforeAll, describe, expect, it } from 'vitest';
import { existingCluster, ofType, resource, synthesizeTemplate, type Template, withPage } from '../support/template.ts';

const cluster = existingCluster.clusterArn;
const secret = existingCluster.secretArn;
const trace = { 'xray:PutTraceSegments': '*', 'xray:PutTelemetryRecords': '*' };
const [api, worker] = [{ Ref: 'ApiSecret' }, { Ref: 'WorkerSecret' }];
const oneStatement = (secretArn: unknown) => ({
  'rds-data:ExecuteStatement': cluster,
  'secretsmanager:GetSecretValue': secretArn,
});
const transactions = {
  'rds-data:BeginTransaction': cluster,
  'rds-data:CommitTransaction': cluster,
  'rds-data:RollbackTransaction': cluster,
};
const backfills = { 'Fn::GetAtt': ['MigrationsQueue', 'Arn'] };
const queue = { 'Fn::GetAtt': ['MetadataQueue', 'Arn'] };
const deadLetterQueue = { 'Fn::GetAtt': ['MetadataDeadLetterQueue', 'Arn'] };

/** What a role may do: each action with its resource, or its resources. */
function allowed(template: Template, roleId: string): Record<string, unknown> {
  const actions: Record<string, unknown> = {};
  for (const { Properties } of Object.values(ofType(template, 'AWS::IAM::Policy'))) {
    if (Properties.Roles.some((role: { Ref: string }) => role.Ref === roleId)) {
      for (const { Action, Effect, Resource } of Properties.PolicyDocument.Statement) {
        expect(Effect).toBe('Allow');
        for (const action of [Action].flat()) {
          expect(actions, `${action} is allowed once`).not.toHaveProperty([action]);
          actions[action] = Resource;
        }
      }
    }
  }
  return actions;
}

function ofFunction(template: Template, id: string) {
  const lambda = resource(template, id).Properties;
  const logGroup = { 'Fn::GetAtt': [lambda.LoggingConfig.LogGroup.Ref, 'Arn'] };
  const roleId = lambda.Role['Fn::GetAtt'][0];
  expect(resource(template, roleId).Properties.ManagedPolicyArns, 'no AWS managed policy').toBeUndefined();
  return {
    actions: allowed(template, roleId),
    log: { 'logs:CreateLogStream': logGroup, 'logs:PutLogEvents': logGroup },
  };
}

describe('permissions', () => {
  let template: Template;
  beforeAll(async () => {
    template = await synthesizeTemplate({
      ...existingCluster,
      ...withPage,
      pipelinePrincipals: ['444455556666', 'arn:aws:iam::777788889999:role/ci/deploy'],
    });
  });

  it.each([
    ['ListVersions', oneStatement(api)],
    ['ReadVersion', oneStatement(api)],
    ['ChangeVersion', oneStatement(api)],
    ['RecordVersion', { ...oneStatement(worker), 'sqs:SendMessage': queue }],
    [
      'GenerateMetadata',
      {
        ...oneStatement(worker),
        'sqs:ReceiveMessage': queue,
        'sqs:DeleteMessage': queue,
        'sqs:GetQueueAttributes': queue,
        'sqs:ChangeMessageVisibility': queue,
        'sqs:SendMessage': deadLetterQueue,
      },
    ],
    ['SweepMetadata', { ...oneStatement(worker), 'sqs:SendMessage': queue }],
    ['CheckIntegrity', { ...oneStatement(worker), ...transactions }],
    ['BeginMigrations', {}],
    ['ServeDocs', {}],
    ['ServePage', {}],
    ['ApplyMigrations', { ...oneStatement([secret, api, worker]), ...transactions, 'sqs:SendMessage': backfills }],
    [
      'ContinueMigrations',
      {
        ...oneStatement(secret),
        ...transactions,
        'sqs:SendMessage': backfills,
        'sqs:ReceiveMessage': backfills,
        'sqs:DeleteMessage': backfills,
        'sqs:GetQueueAttributes': backfills,
      },
    ],
    [
      'RotateSecrets',
      {
        ...oneStatement([secret, api, worker]),
        'secretsmanager:DescribeSecret': [api, worker],
        'secretsmanager:PutSecretValue': [api, worker],
        'secretsmanager:UpdateSecretVersionStage': [api, worker],
      },
    ],
  ])('of %s are exactly these, beside its own log and traces', (id, own) => {
    const { actions, log } = ofFunction(template, id);
    expect(actions).toEqual({ ...trace, ...log, ...own });
  });

  it('of the pipeline: send to the queue and call the pipeline’s routes', () => {
    const route = (path: string) => ({
      'Fn::Join': [
        '',
        [
          'arn:',
          { Ref: 'AWS::Partition' },
          ':execute-api:',
          { Ref: 'AWS::Region' },
          ':',
          { Ref: 'AWS::AccountId' },
          ':',
          { Ref: 'VersionsApi' },
          `/$default/${path}`,
        ],
      ],
    });
    expect(allowed(template, 'PipelineRole')).toEqual({
      'sqs:SendMessage': queue,
      'execute-api:Invoke': [route('PATCH/pipeline/projects/*/versions/*'), route('POST/pipeline/projects/*/versions')],
    });
  });

  it('to act as the pipeline have exactly the configured principals, of other accounts too', () => {
    const { Statement } = resource(template, 'PipelineRole').Properties.AssumeRolePolicyDocument;
    const principals = Statement.flatMap((one: { Principal: { AWS: unknown } }) => one.Principal.AWS);
    expect(principals).toHaveLength(2);
    expect(principals).toEqual(
      expect.arrayContaining([
        { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::444455556666:root']] },
        'arn:aws:iam::777788889999:role/ci/deploy',
      ]),
    );
  });

  it('to act as the pipeline has, when nobody is configured, the account of the stack', async () => {
    const byDefault = await synthesizeTemplate(existingCluster);
    const { Statement } = resource(byDefault, 'PipelineRole').Properties.AssumeRolePolicyDocument;
    expect(JSON.stringify(Statement)).toContain('{"Ref":"AWS::AccountId"},":root"');
    expect(Statement).toHaveLength(1);
  });

  it('to call the rotation has Secrets Manager, for the two secrets of this stack', () => {
    const calls = Object.values(ofType(template, 'AWS::Lambda::Permission'))
      .map(({ Properties }) => Properties)
      .filter(({ Principal }) => Principal === 'secretsmanager.amazonaws.com');
    expect(calls).toEqual(
      [api, worker].map((SourceArn) => ({
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': ['RotateSecrets', 'Arn'] },
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: { Ref: 'AWS::AccountId' },
        SourceArn,
      })),
    );
  });

  it('to use the key of the secret are given through Secrets Manager alone, to those who use the owner’s secret', async () => {
    const secretKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000';
    const withKey = await synthesizeTemplate({ ...existingCluster, secretKeyArn });
    const statements = Object.values(ofType(withKey, 'AWS::IAM::Policy'))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Action }) => Action === 'kms:Decrypt');
    expect(statements).toHaveLength(3);
    for (const statement of statements) {
      expect(statement).toMatchObject({
        Resource: secretKeyArn,
        Condition: { StringLike: { 'kms:ViaService': 'secretsmanager.*.amazonaws.com' } },
      });
    }
  });
});
