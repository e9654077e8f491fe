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
  SubnetGroup,
} from 'aws-cdk-lib/aws-rds';
import { Duration, RemovalPolicies, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { NewDatabase } from './config.ts';
import { Network } from './network.ts';

/**
 * Aurora PostgreSQL 17, Serverless v2, with the Data API. Encrypted, protected from deletion, and kept, with its
 * password and its network, when the stack goes.
 *
 * The password is managed by RDS: made, kept in Secrets Manager and rotated every seven days without a function of
 * ours inside the network. PostgreSQL's own log is not exported, because it quotes failing statements and with them
 * prompts.
 */
export class AuroraCluster extends Construct {
  readonly clusterArn: string;
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
    const cluster = new DatabaseCluster(this, 'Cluster', {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_9 }),
      credentials: Credentials.fromUsername('project_versions'),
      manageMasterUserPassword: true,
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
    if (!cluster.secret) throw new Error('An RDS-managed master password has a secret; aws-cdk-lib gave none');
    this.clusterArn = cluster.clusterArn;
    this.secretArn = cluster.secret.secretArn;
  }
}
