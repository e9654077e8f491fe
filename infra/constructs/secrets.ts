import { createHash } from 'node:crypto';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { CfnRotationSchedule, type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Aws } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

/** Whom a secret lets in: the functions that answer users, or those that work for the pipeline. Each is a group role of the migrations. */
export type LoginName = 'api' | 'worker';

// An identifier of PostgreSQL's.
const longestUsername = 63;
const rotationDays = 30;

/**
 * The logins the functions use at the database, a secret each. The stack generates them, apply-migrations makes the roles, and their
 * passwords are rotated. They go with the stack: another deployment makes others and gives the roles their passwords.
 *
 * They have no name of their own, and short logical ids: the Data API's model allows 100 characters for `secretArn`.
 */
export class LoginSecrets extends Construct {
  private readonly secrets: Record<LoginName, Secret>;

  constructor(scope: Construct, id: string, stackName: string) {
    super(scope, id);
    const make = (login: LoginName, logicalId: string) => {
      const secret = new Secret(this, logicalId, {
        description: `The ${login} functions' login at the project-versions database`,
        generateSecretString: {
          secretStringTemplate: JSON.stringify({ username: usernameOf(login, stackName) }),
          generateStringKey: 'password',
          passwordLength: 32,
          // Printable ASCII that no connection string, shell or JSON has to quote.
          excludePunctuation: true,
        },
      });
      (secret.node.defaultChild as CfnSecret).overrideLogicalId(logicalId);
      return secret;
    };
    this.secrets = { api: make('api', 'ApiSecret'), worker: make('worker', 'WorkerSecret') };
  }

  arn(login: LoginName): string {
    return this.secrets[login].secretArn;
  }

  /** Lets a function read a login's secret, beside the one it uses itself. */
  show(to: ServiceFunction, login: LoginName): void {
    to.addEnvironment(`${login.toUpperCase()}_SECRET_ARN`, this.arn(login));
    to.allow(['secretsmanager:GetSecretValue'], this.arn(login));
  }

  /**
   * Has `by` give both logins a new password every 30 days. Not at once: the roles are made later in the same deployment. A paused database is woken
   * for it, once a month.
   *
   * @param scope another than this one, on which the migrations depend
   */
  rotate(scope: Construct, by: ServiceFunction): CfnRotationSchedule[] {
    return Object.entries(this.secrets).map(([login, secret]) => {
      by.allow(
        ['secretsmanager:DescribeSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
        secret.secretArn,
      );
      by.allow(['secretsmanager:GetSecretValue'], secret.secretArn);
      const allowed = new CfnPermission(scope, `${login}RotationCall`, {
        action: 'lambda:InvokeFunction',
        functionName: by.functionArn,
        principal: 'secretsmanager.amazonaws.com',
        sourceAccount: Aws.ACCOUNT_ID,
        sourceArn: secret.secretArn,
      });
      const schedule = new CfnRotationSchedule(scope, `${login}Rotation`, {
        secretId: secret.secretArn,
        rotationLambdaArn: by.functionArn,
        rotationRules: { automaticallyAfterDays: rotationDays },
        rotateImmediatelyOnUpdate: false,
      });
      schedule.addResourceDependency(allowed);
      return schedule;
    });
  }
}

/** One role a stack, since roles belong to the cluster, which several stacks may share. */
function usernameOf(login: LoginName, stackName: string): string {
  const name = `project_versions_${login}_${stackName.toLowerCase().replaceAll('-', '_')}`;
  if (name.length <= longestUsername) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, longestUsername - digest.length - 1)}_${digest}`;
}
