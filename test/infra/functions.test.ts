import { beforeAll, describe, expect, it } from 'vitest';
import {
  existingCluster,
  ofType,
  only,
  type Resource,
  resource,
  synthesizeTemplate,
  type Template,
  withPage,
} from '../support/template.ts';

const users = [
  'ListVersions',
  'ReadVersion',
  'ChangeVersion',
  'RecordVersion',
  'GenerateMetadata',
  'SweepMetadata',
  'CheckIntegrity',
];
const ours = [
  ...users,
  'BeginMigrations',
  'ApplyMigrations',
  'ContinueMigrations',
  'RotateSecrets',
  'ServeDocs',
  'ServePage',
];

describe('functions', () => {
  let template: Template;
  beforeAll(async () => {
    template = await synthesizeTemplate({
      ...existingCluster,
      ...withPage,
      logRetentionDays: 7,
      migrationsQueryIntervalSeconds: 2,
    });
  });

  it.each(ours)('%s runs on Node 24, ARM64, outside any VPC, traced, as a bundle', (id) => {
    const { Properties } = resource(template, id);
    expect(Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
      Handler: expect.stringMatching(/^index\./),
    });
    expect(Properties.VpcConfig).toBeUndefined();
  });

  it('know what they need and nothing else', () => {
    const all = ['POWERTOOLS_LOG_LEVEL', 'POWERTOOLS_SERVICE_NAME', 'STACK_NAME'];
    const database = ['DATABASE_CLUSTER_ARN', 'DATABASE_NAME', 'DATABASE_SECRET_ARN'];
    const own: Record<string, string[]> = {
      RecordVersion: ['METADATA_QUEUE_URL'],
      GenerateMetadata: ['DEAD_LETTER_QUEUE_URL', 'MAX_RECEIVE_COUNT', 'METADATA_QUEUE_URL', 'METADATA_RETRY_SECONDS'],
      SweepMetadata: ['METADATA_QUEUE_URL', 'SWEEP_AFTER_SECONDS', 'SWEEP_ATTEMPTS'],
      ApplyMigrations: ['API_SECRET_ARN', 'MIGRATIONS_QUEUE_URL', 'WORKER_SECRET_ARN'],
      ContinueMigrations: ['MIGRATIONS_QUEUE_URL'],
      ServePage: ['SIGN_IN_AUDIENCE', 'SIGN_IN_CLIENT_ID', 'SIGN_IN_ISSUER', 'SIGN_IN_SCOPE'],
    };
    for (const id of ours) {
      const variables = resource(template, id).Properties.Environment.Variables;
      const none = ['BeginMigrations', 'ServeDocs', 'ServePage'].includes(id);
      const needed = [...all, ...(none ? [] : database), ...(own[id] ?? [])];
      expect(Object.keys(variables).sort(), id).toEqual(needed.sort());
    }
  });

  it('are told the database they use', () => {
    expect(resource(template, 'ListVersions').Properties.Environment.Variables).toMatchObject({
      DATABASE_CLUSTER_ARN: existingCluster.clusterArn,
      DATABASE_NAME: 'legacy',
    });
    const secretOf = (id: string) => resource(template, id).Properties.Environment.Variables.DATABASE_SECRET_ARN;
    for (const id of ['ListVersions', 'ReadVersion', 'ChangeVersion'])
      expect(secretOf(id)).toEqual({ Ref: 'ApiSecret' });
    for (const id of ['RecordVersion', 'GenerateMetadata', 'SweepMetadata', 'CheckIntegrity'])
      expect(secretOf(id)).toEqual({ Ref: 'WorkerSecret' });
    for (const id of ['ApplyMigrations', 'ContinueMigrations', 'RotateSecrets'])
      expect(secretOf(id)).toBe(existingCluster.secretArn);
  });

  it('answer within the time of the API', () => {
    for (const id of users.filter((name) => name.endsWith('Version') || name.endsWith('Versions'))) {
      expect(resource(template, id).Properties.Timeout, id).toBeLessThan(30);
    }
  });

  it('log to groups with a retention, aws-cdk-lib’s too, and no log outlives its time', () => {
    const groups = ofType(template, 'AWS::Logs::LogGroup');
    for (const { Properties } of Object.values(groups)) expect(Properties.RetentionInDays).toBe(7);
    for (const { Properties } of Object.values(ofType(template, 'AWS::Lambda::Function'))) {
      expect(groups).toHaveProperty(Properties.LoggingConfig.LogGroup.Ref);
    }
  });
});

describe('migrations', () => {
  let template: Template;
  let custom: [string, Resource];
  beforeAll(async () => {
    template = await synthesizeTemplate({ migrationsQueryIntervalSeconds: 2 });
    const [first] = Object.entries(ofType(template, 'Custom::Migrations'));
    if (!first) throw new Error('no Custom::Migrations');
    custom = first;
  });

  it('are applied again when their hash changes, within an hour', () => {
    const [, { Properties }] = custom;
    expect(Properties).toMatchObject({
      migrationsHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      ServiceTimeout: '3600',
    });
  });

  it('are applied again, and make the logins, when the database or their secrets are others', () => {
    const [, { Properties }] = custom;
    expect(Properties).toMatchObject({
      clusterArn: expect.anything(),
      databaseName: 'project_versions',
      apiSecretArn: { Ref: 'ApiSecret' },
      workerSecretArn: { Ref: 'WorkerSecret' },
    });
  });

  it('go through aws-cdk-lib’s provider to two functions of one bundle', () => {
    const [, { Properties }] = custom;
    const provider = resource(template, Properties.ServiceToken['Fn::GetAtt'][0]).Properties;
    expect(provider.Environment.Variables).toMatchObject({
      USER_ON_EVENT_FUNCTION_ARN: { 'Fn::GetAtt': ['BeginMigrations', 'Arn'] },
      USER_IS_COMPLETE_FUNCTION_ARN: { 'Fn::GetAtt': ['ApplyMigrations', 'Arn'] },
    });
    const [onEvent, isComplete] = ['BeginMigrations', 'ApplyMigrations'].map((id) => resource(template, id).Properties);
    expect([onEvent.Handler, isComplete.Handler]).toEqual(['index.onEvent', 'index.isComplete']);
    expect(onEvent.Code).toEqual(isComplete.Code);
    expect(onEvent.Timeout, 'below the 900 s of the provider’s functions').toBe(840);
    const states = JSON.stringify(only(template, 'AWS::StepFunctions::StateMachine').Properties.DefinitionString);
    expect(states).toContain('\\"IntervalSeconds\\":2');
    expect(states).toContain('\\"MaxAttempts\\":1800');
  });

  it('wait for the database: its instance too, without which the Data API answers nothing', () => {
    const [, { DependsOn }] = custom;
    expect(DependsOn).toEqual(expect.arrayContaining(['DatabaseCluster', 'DatabaseWriter']));
  });

  it('take away what the old system used only when that is asked for', async () => {
    expect(custom[1].Properties.contract).toBe('false');
    const asked = await synthesizeTemplate({ contractMigrations: 'true' });
    expect(only(asked, 'Custom::Migrations').Properties.contract).toBe('true');
  });

  it('come before every function, route and event source of the deployment, but those that go on with them', () => {
    const [id] = custom;
    const waiting = [
      ...users.map((name) => resource(template, name)),
      ...Object.values(ofType(template, 'AWS::ApiGatewayV2::Route')),
      ...Object.values(ofType(template, 'AWS::Lambda::EventSourceMapping')).filter(
        ({ Properties }) => Properties.FunctionName.Ref !== 'ContinueMigrations',
      ),
      ...Object.values(ofType(template, 'AWS::Scheduler::Schedule')),
    ];
    for (const { DependsOn } of waiting) expect(DependsOn).toContain(id);
  });
});
