import pg from 'pg';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { startDataApi } from '../data-api/server.ts';
import type { ResourceKind } from '../template/deploy.ts';
import { ignored, propertiesOf } from '../template/properties.ts';
import { TemplateNotRunnable } from '../template/template.ts';
import { generateSecret } from './secrets.ts';

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbcluster.html
const Properties = z.strictObject({
  Engine: z.literal('aurora-postgresql'),
  EngineVersion: z.string().regex(/^17/, 'the local PostgreSQL is 17').optional(),
  MasterUsername: z.string(),
  // One of the two: a password of the template's own secret, or one that RDS makes and keeps in a secret of its own.
  MasterUserPassword: z.string().optional(),
  ManageMasterUserPassword: z.literal(true).optional(),
  DatabaseName: z.string(),
  DBClusterIdentifier: z.string().optional(),
  EnableHttpEndpoint: z.literal(true, 'the functions reach the database through the Data API'),
  BackupRetentionPeriod: ignored,
  CloudwatchLogsExportConfiguration: ignored,
  CopyTagsToSnapshot: ignored,
  DBClusterParameterGroupName: ignored,
  DBSubnetGroupName: ignored,
  DatabaseInsightsMode: ignored,
  DeletionProtection: ignored,
  EnableCloudwatchLogsExports: ignored,
  EnableIAMDatabaseAuthentication: ignored,
  KmsKeyId: ignored,
  MonitoringInterval: ignored,
  PerformanceInsightsEnabled: ignored,
  PerformanceInsightsRetentionPeriod: ignored,
  Port: ignored,
  PreferredBackupWindow: ignored,
  PreferredMaintenanceWindow: ignored,
  ServerlessV2ScalingConfiguration: ignored,
  StorageEncrypted: ignored,
  Tags: ignored,
  VpcSecurityGroupIds: ignored,
});

/** The cluster: a database of the local PostgreSQL, its master user, and the Data API in front of it. */
export const clusterResource: ResourceKind<Account> = {
  types: ['AWS::RDS::DBCluster'],
  deploy: async (resource, account) => {
    const properties = propertiesOf(resource, Properties);
    if (account.databases.size > 0)
      throw new TemplateNotRunnable(`${resource.logicalId}: the local stack runs one database cluster`);
    const identifier = properties.DBClusterIdentifier ?? `${account.stackName}-${resource.logicalId}`.toLowerCase();
    const clusterArn = `arn:aws:rds:${account.region}:${account.accountId}:cluster:${identifier}`;
    const managed =
      properties.MasterUserPassword === undefined
        ? managedSecret(identifier, properties.MasterUsername, account)
        : undefined;
    const password =
      properties.MasterUserPassword ?? account.secrets.value(managed ?? '', 'password', resource.logicalId);
    const postgres = await account.postgres;
    await createDatabase(postgres.url(), properties.DatabaseName, properties.MasterUsername, password);

    const dataApi = await startDataApi({
      port: account.ports.dataApi,
      postgres: { host: postgres.host, port: postgres.port },
      clusters: [{ clusterArn }],
      secrets: account.secrets.credentials,
      access: account.permissions,
    });
    account.onStop(() => dataApi.close());
    account.endpoints.AWS_ENDPOINT_URL_RDS_DATA = dataApi.url;
    account.databases.set(identifier, {
      identifier,
      clusterArn,
      name: properties.DatabaseName,
      host: postgres.host,
      port: postgres.port,
      dataApi,
    });
    const attributes: Record<string, string | undefined> = {
      'MasterUserSecret.SecretArn': managed,
      DBClusterArn: clusterArn,
      DBClusterResourceId: `cluster-${identifier}`,
      'Endpoint.Address': postgres.host,
      'Endpoint.Port': String(postgres.port),
      'ReadEndpoint.Address': postgres.host,
    };
    return { ref: identifier, attribute: (name) => attributes[name] };
  },
};

/** The secret RDS makes for a master user it manages: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html */
function managedSecret(identifier: string, username: string, account: Account): string {
  const prefix = `arn:aws:secretsmanager:${account.region}:${account.accountId}`;
  return account.secrets.create(identifier, `rds!cluster-${identifier}`, prefix, () =>
    generateSecret({
      SecretStringTemplate: JSON.stringify({ username }),
      GenerateStringKey: 'password',
      ExcludePunctuation: true,
    }),
  );
}

/**
 * Makes the master user and the database it owns, where they are missing. As on Aurora the master user may create databases and roles,
 * is no superuser and does not bypass row-level security: what needs more fails here as it would there.
 */
async function createDatabase(superuserUrl: string, database: string, user: string, password: string): Promise<void> {
  const client = new pg.Client(superuserUrl);
  await client.connect();
  try {
    const role = pg.escapeIdentifier(user);
    const known = await client.query('select from pg_roles where rolname = $1', [user]);
    await client.query(
      `${known.rowCount === 0 ? 'create' : 'alter'} role ${role} with login createdb createrole nosuperuser nobypassrls password ${pg.escapeLiteral(password)}`,
    );
    const there = await client.query('select from pg_database where datname = $1', [database]);
    if (there.rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(database)} owner ${role}`);
  } finally {
    await client.end();
  }
}
