import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ExistingDatabase, NewDatabase } from '../config.ts';
import { AuroraCluster } from './aurora-cluster.ts';
import { type LoginName, LoginSecrets } from './secrets.ts';
import type { ServiceFunction } from './service-function.ts';

/** What a function does with the database: single statements, or transactions over several calls too. */
export type DatabaseUse = 'statements' | 'transactions';

const dataApiActions: Record<DatabaseUse, string[]> = {
  statements: ['rds-data:ExecuteStatement'],
  transactions: [
    'rds-data:ExecuteStatement',
    'rds-data:BeginTransaction',
    'rds-data:CommitTransaction',
    'rds-data:RollbackTransaction',
  ],
};

/** The database, made by this stack or already there, as far as functions are concerned: where it is and who may use it. */
export class Database extends Construct {
  readonly clusterArn: string;
  /** Of a cluster this stack has made. */
  readonly clusterIdentifier: string | undefined;
  /** Of the role that owns the tables; for migrations and for making other roles. */
  readonly secretArn: string;
  readonly databaseName: string;
  readonly logins: LoginSecrets;
  private readonly secretKeyArn: string | undefined;

  constructor(scope: Construct, id: string, database: NewDatabase | ExistingDatabase, stackName: string) {
    super(scope, id);
    const cluster = database.kind === 'new' ? new AuroraCluster(this, 'Aurora', database) : database;
    this.clusterArn = cluster.clusterArn;
    this.clusterIdentifier = 'clusterIdentifier' in cluster ? cluster.clusterIdentifier : undefined;
    this.secretArn = cluster.secretArn;
    this.secretKeyArn = database.kind === 'existing' ? database.secretKeyArn : undefined;
    this.databaseName = database.name;
    this.logins = new LoginSecrets(this, 'Logins', stackName);
  }

  /** Tells a function where the database is and lets it use it through the Data API with this one login. */
  open(to: ServiceFunction, login: LoginName, use: DatabaseUse = 'statements'): void {
    this.tell(to, this.logins.arn(login), use);
    to.allow(['secretsmanager:GetSecretValue'], this.logins.arn(login));
  }

  /** As `open`, with the secret of the role that owns the tables. */
  openAsOwner(to: ServiceFunction, use: DatabaseUse): void {
    this.tell(to, this.secretArn, use);
    to.allow(['secretsmanager:GetSecretValue'], this.secretArn);
    if (this.secretKeyArn) {
      to.addToRolePolicy(
        new PolicyStatement({
          actions: ['kms:Decrypt'],
          resources: [this.secretKeyArn],
          conditions: { StringLike: { 'kms:ViaService': 'secretsmanager.*.amazonaws.com' } },
        }),
      );
    }
  }

  private tell(to: ServiceFunction, secretArn: string, use: DatabaseUse): void {
    to.addEnvironment('DATABASE_CLUSTER_ARN', this.clusterArn);
    to.addEnvironment('DATABASE_SECRET_ARN', secretArn);
    to.addEnvironment('DATABASE_NAME', this.databaseName);
    to.allow(dataApiActions[use], this.clusterArn);
  }
}
