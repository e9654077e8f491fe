import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CustomResource, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { Backfill } from './backfill.ts';
import type { Database } from './database.ts';
import { ServiceFunction } from './service-function.ts';
import { acknowledgeWildcards } from './wildcards.ts';

// One minute below the 15 of the framework's own functions, which wait for ours: an error then comes from our
// function and says what happened, and not from theirs, which would only say that it timed out.
const timeoutSeconds = 14 * 60;
// The most CloudFormation waits for a custom resource.
const longestDeployment = Duration.hours(1);

/**
 * The migrations, applied by the deployment itself: a custom resource whose properties are the hash of what is to be
 * applied, to which database, and which logins are to be made there. Whatever uses the database depends on it, so no function of a new deployment runs on an old schema.
 */
export class Migrations extends Construct {
  /** Created or updated when the migrations have been applied. */
  readonly applied: CustomResource;
  /** `done`, or where the backfill goes on and what shows it: as it was when the last deployment that had migrations ended. */
  readonly backfill: string;

  constructor(
    scope: Construct,
    id: string,
    props: { bundle: string; hash: string; database: Database; backfill: Backfill; config: Config },
  ) {
    super(scope, id);
    const { bundle, hash, database, backfill, config } = props;
    const logRetention = config.logRetentionDays as RetentionDays;
    const make = (functionId: string, handler: string, description: string) =>
      new ServiceFunction(this, functionId, {
        description,
        bundle,
        handler,
        timeoutSeconds,
        memorySize: 512,
        logRetention,
      });
    const onEventHandler = make('BeginMigrations', 'onEvent', 'Begins a deployment’s migrations');
    const isCompleteHandler = make(
      'ApplyMigrations',
      'isComplete',
      'Applies migrations, a slice a call, until all are',
    );
    // Only the one that is called again and again does the work; the one that begins needs no database.
    database.openAsOwner(isCompleteHandler, 'transactions');
    // It makes the roles of the functions' logins, with the passwords in their secrets.
    for (const login of ['api', 'worker'] as const) database.logins.show(isCompleteHandler, login);
    backfill.feed(isCompleteHandler);
    const provider = new Provider(this, 'Provider', {
      onEventHandler,
      isCompleteHandler,
      queryInterval: Duration.seconds(config.migrationsQueryIntervalSeconds),
      totalTimeout: longestDeployment,
      logGroup: new LogGroup(this, 'ProviderLog', { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY }),
      disableWaiterStateMachineLogging: true,
    });
    this.applied = new CustomResource(this, 'Applied', {
      resourceType: 'Custom::Migrations',
      serviceToken: provider.serviceToken,
      serviceTimeout: longestDeployment,
      properties: {
        migrationsHash: hash,
        // Another database, or other secrets, need the same work.
        clusterArn: database.clusterArn,
        databaseName: database.databaseName,
        apiSecretArn: database.logins.arn('api'),
        workerSecretArn: database.logins.arn('worker'),
        contract: String(config.contractMigrations),
      },
    });
    this.backfill = this.applied.getAttString('Backfill');
    // The writer too, not only the cluster: until an instance is up the Data API refuses every call.
    this.applied.node.addDependency(database);
    // Whoever is handed a backfill is there before anybody hands one over.
    this.applied.node.addDependency(backfill);
    const called = ['framework-isComplete', 'framework-onTimeout'].map(
      (name) => provider.node.findChild(name) as IFunction,
    );
    acknowledgeWildcards(
      provider,
      [onEventHandler, isCompleteHandler, ...called].map(({ functionArn }) => `${functionArn}:*`),
      'aws-cdk-lib lets its framework call every version of the one function named here.',
    );
    Validations.of(provider).acknowledge(
      {
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
        reason: 'aws-cdk-lib’s choice for the functions of its framework, which run only while a deployment does.',
      },
      {
        id: 'AwsSolutions-SF1',
        reason: 'The state machine only asks isComplete again and again; its own log says what happened.',
      },
      {
        id: 'AwsSolutions-SF2',
        reason: 'The state machine only asks isComplete again and again, and that function is traced.',
      },
    );
  }
}
