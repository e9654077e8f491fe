import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AuroraPostgresEngineVersion,
  type CfnDBCluster,
  type CfnDBInstance,
  type CfnDBSubnetGroup,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseSecret,
  SubnetGroup,
} from 'aws-cdk-lib/aws-rds';
import type { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Duration, RemovalPolicies, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { NewDatabase } from '../config.ts';
import { Network } from './network.ts';

const username = 'project_versions';

/**
 * Aurora PostgreSQL 17, Serverless v2, with the Data API. Encrypted, protected from deletion, and kept, with its
 * password and its network, when the stack goes.
 *
 * The password lies in a secret of this stack, not one managed by RDS: the Data API's model allows 100 characters for
 * `secretArn` and `...:secret:rds!cluster-<uuid>-<suffix>` has 108. PostgreSQL's own log is not exported, because it
 * quotes failing statements and with them prompts.
 */
export class AuroraCluster extends Construct {
  readonly clusterArn: string;
  readonly clusterIdentifier: string;
  readonly secretArn: string;

  constructor(scope: Construct, id: string, database: NewDatabase) {
    super(scope, id);
    const { vpc, subnets } = new Network(this, 'Network');
    const subnetGroup = new SubnetGroup(this, 'SubnetGroup', {
      description: 'The isolated subnets of the project-versions database',
      vpc,
      vpcSubnets: { subnets },
    });
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Nothing may connect to the project-versions database; the Data API does not come this way',
      allowAllOutbound: false,
    });
    const secret = new DatabaseSecret(this, 'Secret', { username });
    (secret.node.defaultChild as CfnSecret).overrideLogicalId('DatabaseSecret');
    const cluster = new DatabaseCluster(this, 'Cluster', {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_9 }),
      credentials: Credentials.fromPassword(username, secret.secretValueFromJson('password')),
      defaultDatabaseName: database.name,
      enableDataApi: true,
      serverlessV2MinCapacity: database.minCapacity,
      serverlessV2MaxCapacity: database.maxCapacity,
      writer: ClusterInstance.serverlessV2('Writer', { autoMinorVersionUpgrade: true, publiclyAccessible: false }),
      vpc,
      subnetGroup,
      securityGroups: [securityGroup],
      storageEncrypted: true,
      iamAuthentication: true,
      deletionProtection: true,
      copyTagsToSnapshot: true,
      backup: { retention: Duration.days(database.backupRetentionDays) },
    });
    (cluster.node.defaultChild as CfnDBCluster).overrideLogicalId('DatabaseCluster');
    (cluster.node.findChild('Writer').node.defaultChild as CfnDBInstance).overrideLogicalId('DatabaseWriter');
    (subnetGroup.node.defaultChild as CfnDBSubnetGroup).overrideLogicalId('DatabaseSubnetGroup');
    RemovalPolicies.of(this).retain();
    Validations.of(cluster).acknowledge({
      id: 'AwsSolutions-RDS11',
      reason:
        'The port is reachable from nowhere: isolated subnets, no ingress rule. Another number would hide nothing.',
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Rotating it takes a function inside the network, which has no way to Secrets Manager; functions/README.md, "Operate", says how to.',
    });
    this.clusterArn = cluster.clusterArn;
    this.clusterIdentifier = cluster.clusterIdentifier;
    this.secretArn = secret.secretArn;
  }
}
