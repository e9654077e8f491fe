import { beforeAll, describe, expect, it } from 'vitest';
import { existingCluster, only, resource, synthesizeTemplate, type Template } from '../support/template.ts';

const withoutDatabase = {
  'AWS::ApiGatewayV2::Api': 1,
  'AWS::ApiGatewayV2::Integration': 5,
  'AWS::ApiGatewayV2::Route': 14,
  'AWS::ApiGatewayV2::Stage': 1,
  'AWS::CloudWatch::Alarm': 22,
  'AWS::CloudWatch::Dashboard': 1,
  'AWS::IAM::Policy': 19,
  'AWS::IAM::Role': 19,
  'AWS::KMS::Key': 1,
  'AWS::Lambda::EventSourceMapping': 2,
  'AWS::Lambda::Function': 15, // five of the API and the queue, the sweep's, the integrity check's, the page that describes it, the rotation's, three of the migrations, three of aws-cdk-lib's provider
  'AWS::Lambda::Permission': 16,
  'AWS::Logs::LogGroup': 14,
  'AWS::Logs::MetricFilter': 1,
  'AWS::SNS::Topic': 1,
  'AWS::SNS::TopicPolicy': 1,
  'AWS::SQS::Queue': 4,
  'AWS::SQS::QueuePolicy': 4,
  'AWS::Scheduler::Schedule': 2,
  'AWS::SecretsManager::RotationSchedule': 2,
  'AWS::SecretsManager::Secret': 2,
  'AWS::StepFunctions::StateMachine': 1,
  'Custom::Migrations': 1,
};

const database = {
  'AWS::EC2::RouteTable': 2,
  'AWS::EC2::SecurityGroup': 1,
  'AWS::EC2::Subnet': 2,
  'AWS::EC2::SubnetRouteTableAssociation': 2,
  'AWS::EC2::VPC': 1,
  'AWS::RDS::DBCluster': 1,
  'AWS::RDS::DBInstance': 1,
  'AWS::RDS::DBSubnetGroup': 1,
  'AWS::SecretsManager::Secret': 3, // its owner's beside those of the functions
  'AWS::CloudWatch::Alarm': 23, // of its capacity too
};

const counts = ({ Resources }: Template) =>
  Object.values(Resources).reduce<Record<string, number>>(
    (sum, { Type }) => Object.assign(sum, { [Type]: (sum[Type] ?? 0) + 1 }),
    {},
  );

describe('the stack with a database of its own', () => {
  let template: Template;
  beforeAll(async () => {
    template = await synthesizeTemplate();
  });

  it('is these resources and no others: no NAT, no gateway, no public subnet, no bastion', () => {
    expect(counts(template)).toEqual({ ...withoutDatabase, ...database });
  });

  it('keeps the logical ids of what holds state or is known to others: another id would replace it', () => {
    const ids = Object.fromEntries(
      [
        'DatabaseCluster',
        'DatabaseWriter',
        'DatabaseSecret',
        'ApiSecret',
        'WorkerSecret',
        'DatabaseSubnetGroup',
        'DatabaseVpc',
        'DatabaseSubnet1',
        'DatabaseSubnet2',
        'MetadataQueue',
        'MetadataDeadLetterQueue',
        'VersionsApi',
        'PipelineRole',
      ].map((id) => [id, template.Resources[id]?.Type]),
    );
    expect(ids).toEqual({
      DatabaseCluster: 'AWS::RDS::DBCluster',
      DatabaseWriter: 'AWS::RDS::DBInstance',
      DatabaseSecret: 'AWS::SecretsManager::Secret',
      ApiSecret: 'AWS::SecretsManager::Secret',
      WorkerSecret: 'AWS::SecretsManager::Secret',
      DatabaseSubnetGroup: 'AWS::RDS::DBSubnetGroup',
      DatabaseVpc: 'AWS::EC2::VPC',
      DatabaseSubnet1: 'AWS::EC2::Subnet',
      DatabaseSubnet2: 'AWS::EC2::Subnet',
      MetadataQueue: 'AWS::SQS::Queue',
      MetadataDeadLetterQueue: 'AWS::SQS::Queue',
      VersionsApi: 'AWS::ApiGatewayV2::Api',
      PipelineRole: 'AWS::IAM::Role',
    });
  });

  it('keeps the database, its network and the dead letters when the stack is deleted, and nothing else', () => {
    const kept = Object.values(template.Resources).filter(
      ({ DeletionPolicy, UpdateReplacePolicy }) =>
        DeletionPolicy?.startsWith('Retain') && UpdateReplacePolicy === 'Retain',
    );
    expect([...new Set(kept.map(({ Type }) => Type))].sort()).toEqual(
      [...Object.keys(database).filter((type) => type !== 'AWS::CloudWatch::Alarm'), 'AWS::SQS::Queue'].sort(),
    );
    expect(resource(template, 'MetadataDeadLetterQueue').DeletionPolicy).toBe('RetainExceptOnCreate');
    expect(resource(template, 'MetadataQueue').DeletionPolicy).toBe('Delete');
  });

  it('is an encrypted Aurora PostgreSQL 17 with the Data API, protected and backed up', () => {
    expect(only(template, 'AWS::RDS::DBCluster').Properties).toMatchObject({
      Engine: 'aurora-postgresql',
      EngineVersion: expect.stringMatching(/^17\./),
      EnableHttpEndpoint: true,
      StorageEncrypted: true,
      DeletionProtection: true,
      BackupRetentionPeriod: 14,
      MasterUsername: 'project_versions',
      DatabaseName: 'project_versions',
      ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 8 },
    });
    expect(only(template, 'AWS::RDS::DBInstance').Properties).toMatchObject({
      DBInstanceClass: 'db.serverless',
      PubliclyAccessible: false,
    });
  });

  it.each(['DatabaseSecret', 'ApiSecret', 'WorkerSecret'])(
    'has a password in %s, whose ARN the Data API takes: 100 characters in its model',
    (id) => {
      // CloudFormation names a secret <logical id>-<12 characters>, Secrets Manager adds a hyphen and 6.
      const longestRegion = 'ap-southeast-2';
      const arn = `arn:aws:secretsmanager:${longestRegion}:000000000000:secret:${id}-${'x'.repeat(12)}-${'x'.repeat(6)}`;
      expect(resource(template, id).Properties.Name).toBeUndefined();
      expect(arn.length).toBeLessThanOrEqual(100);
    },
  );

  it('lets nothing connect to the database', () => {
    const { Properties } = only(template, 'AWS::EC2::SecurityGroup');
    expect(Properties.SecurityGroupIngress).toBeUndefined();
    expect(Properties.SecurityGroupEgress).toEqual([expect.objectContaining({ CidrIp: '255.255.255.255/32' })]);
  });

  it('is bound to no account and no region', () => {
    expect(JSON.stringify(template.Resources)).not.toMatch(/(eu|us|ap)-(west|east|central|south)-\d|:\d{12}:/);
  });

  it('says where everything is', () => {
    expect(Object.keys(template.Outputs)).toEqual([
      'ApiUrl',
      'QueueUrl',
      'QueueArn',
      'DeadLetterQueueUrl',
      'DeadLetterQueueArn',
      'ClusterArn',
      'SecretArn',
      'ApiSecretArn',
      'WorkerSecretArn',
      'DatabaseName',
      'MigrationsQueueUrl',
      'MigrationsDeadLetterQueueUrl',
      'Backfill',
      'PipelineRoleArn',
      'AlarmTopicArn',
      'DashboardUrl',
      'ModelId',
    ]);
  });
});

describe('the stack on an existing cluster', () => {
  it('is the same without a database and a network', async () => {
    const template = await synthesizeTemplate(existingCluster);
    expect(counts(template)).toEqual(withoutDatabase);
    expect(template.Outputs.ClusterArn?.Value).toBe(existingCluster.clusterArn);
    expect(template.Outputs.SecretArn?.Value).toBe(existingCluster.secretArn);
    expect(template.Outputs.DatabaseName?.Value).toBe('legacy');
  });
});
