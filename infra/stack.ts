import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Bundles } from './build/bundle.ts';
import type { Config } from './config.ts';
import { Backfill } from './constructs/backfill.ts';
import { Database } from './constructs/database.ts';
import { IntegrityCheck } from './constructs/integrity.ts';
import { MetadataQueue } from './constructs/metadata-queue.ts';
import { Migrations } from './constructs/migrations.ts';
import { openModel } from './constructs/model-access.ts';
import { servePage } from './constructs/page.ts';
import { PipelineRole } from './constructs/pipeline-role.ts';
import { ServiceFunction } from './constructs/service-function.ts';
import { MetadataSweep } from './constructs/sweep.ts';
import { VersionsApi } from './constructs/versions-api.ts';
import { Monitoring } from './monitoring/monitoring.ts';

const { DELETE, GET, PATCH, POST } = HttpMethod;

export interface VersionsStackProps {
  config: Config;
  bundles: Bundles;
  /** Of the migrations compiled into the bundle of apply-migrations. */
  migrationsHash: string;
}

/** The whole system: database, migrations, functions, API, queue, and the pipeline's role. Bound to no account or region. */
export class VersionsStack extends Stack {
  constructor(scope: Construct, id: string, { config, bundles, migrationsHash }: VersionsStackProps) {
    super(scope, id, { stackName: config.stackName, description: 'The version history of every project' });
    const logRetention = config.logRetentionDays as RetentionDays;
    const api = { timeoutSeconds: config.apiTimeoutSeconds, memorySize: 1024, logRetention };
    const worker = { timeoutSeconds: config.metadataTimeoutSeconds, memorySize: 512, logRetention };

    const database = new Database(this, 'Database', config.database, config.stackName);
    const backfill = new Backfill(this, 'Backfills', { bundle: bundles['continue-migrations'], database, config });
    const migrations = new Migrations(this, 'Migrations', {
      bundle: bundles['apply-migrations'],
      hash: migrationsHash,
      database,
      backfill,
      config,
    });
    const queue = new MetadataQueue(this, 'Metadata', config);

    const listVersions = new ServiceFunction(this, 'ListVersions', {
      description: 'Lists the versions of a project',
      bundle: bundles['list-versions'],
      ...api,
    });
    const readVersion = new ServiceFunction(this, 'ReadVersion', {
      description: 'Reads one version, and what a project has published',
      bundle: bundles['read-version'],
      ...api,
    });
    const changeVersion = new ServiceFunction(this, 'ChangeVersion', {
      description: 'Publishes, unpublishes, rolls back, edits, deletes and restores versions',
      bundle: bundles['change-version'],
      ...api,
    });
    const recordVersion = new ServiceFunction(this, 'RecordVersion', {
      description: 'Records what the pipeline reports: a build started, deployed or failed',
      bundle: bundles['record-version'],
      ...api,
    });
    const generateMetadata = new ServiceFunction(this, 'GenerateMetadata', {
      description: 'Numbers and describes deployed versions',
      bundle: bundles['generate-metadata'],
      ...worker,
    });
    const sweepMetadata = new ServiceFunction(this, 'SweepMetadata', {
      description: 'Queues again deployed versions whose metadata did not come',
      bundle: bundles['sweep-metadata'],
      // A paused database resumes within it, and some thousand versions are queued.
      timeoutSeconds: 60,
      memorySize: 256,
      logRetention,
    });
    for (const user of [listVersions, readVersion, changeVersion]) database.open(user, 'api');
    for (const user of [recordVersion, generateMetadata, sweepMetadata]) database.open(user, 'worker');
    const rotateSecrets = new ServiceFunction(this, 'RotateSecrets', {
      description: 'Gives the logins of the functions new passwords',
      bundle: bundles['rotate-secrets'],
      // A paused database resumes within it.
      timeoutSeconds: 60,
      memorySize: 256,
      logRetention,
    });
    database.openAsOwner(rotateSecrets, 'statements');
    const rotations = database.logins.rotate(this, rotateSecrets);
    queue.feed(recordVersion);
    queue.feed(sweepMetadata);
    const source = queue.work(generateMetadata);
    if (config.model) openModel(generateMetadata, config.model);
    const sweep = new MetadataSweep(this, 'Sweep', config, { sweeper: sweepMetadata, worker: generateMetadata, queue });

    const integrity = new IntegrityCheck(this, 'Integrity', { bundle: bundles['check-integrity'], database, config });

    const serveDocs = new ServiceFunction(this, 'ServeDocs', {
      description: 'Describes the API, to programs and to people',
      bundle: bundles['serve-docs'],
      timeoutSeconds: 5,
      memorySize: 256,
      logRetention,
    });

    const versionsApi = new VersionsApi(this, 'Versions', config, [
      { method: GET, path: '/projects/{projectId}/versions', to: listVersions },
      { method: GET, path: '/projects/{projectId}/versions/{versionId}', to: readVersion },
      { method: GET, path: '/projects/{projectId}/publication', to: readVersion },
      { method: GET, path: '/projects/{projectId}/publications', to: readVersion },
      { method: POST, path: '/projects/{projectId}/versions/{versionId}/publish', to: changeVersion },
      { method: POST, path: '/projects/{projectId}/unpublish', to: changeVersion },
      { method: POST, path: '/projects/{projectId}/versions/{versionId}/rollback', to: changeVersion },
      { method: POST, path: '/projects/{projectId}/versions/{versionId}/restore', to: changeVersion },
      { method: PATCH, path: '/projects/{projectId}/versions/{versionId}/metadata', to: changeVersion },
      { method: DELETE, path: '/projects/{projectId}/versions/{versionId}', to: changeVersion },
      { method: POST, path: '/pipeline/projects/{projectId}/versions', to: recordVersion },
      { method: PATCH, path: '/pipeline/projects/{projectId}/versions/{versionId}', to: recordVersion },
      { method: GET, path: '/openapi.json', to: serveDocs },
      { method: GET, path: '/docs', to: serveDocs },
      ...(config.page
        ? [{ method: GET, path: '/' as const, to: servePage(this, bundles['serve-page'], config.page, logRetention) }]
        : []),
    ]);
    const pipelineRole = new PipelineRole(this, 'Pipeline', {
      principals: config.pipelinePrincipals,
      queueArn: queue.queue.queueArn,
      routeArns: versionsApi.pipelineRouteArns(),
    });

    const monitoring = new Monitoring(this, 'Monitoring', {
      config,
      api: versionsApi,
      functions: [...versionsApi.functions, generateMetadata, sweepMetadata, integrity.checker],
      rotation: rotateSecrets,
      metadata: queue,
      migrations: backfill,
      clusterIdentifier: database.clusterIdentifier,
    });

    for (const waiting of [
      listVersions,
      readVersion,
      changeVersion,
      recordVersion,
      generateMetadata,
      sweepMetadata,
      source,
      sweep,
      integrity,
      ...versionsApi.routes,
      ...rotations,
    ]) {
      waiting.node.addDependency(migrations.applied);
    }

    const outputs: Record<string, string> = {
      ApiUrl: versionsApi.url,
      QueueUrl: queue.queue.queueUrl,
      QueueArn: queue.queue.queueArn,
      DeadLetterQueueUrl: queue.deadLetterQueue.queueUrl,
      DeadLetterQueueArn: queue.deadLetterQueue.queueArn,
      ClusterArn: database.clusterArn,
      SecretArn: database.secretArn,
      ApiSecretArn: database.logins.arn('api'),
      WorkerSecretArn: database.logins.arn('worker'),
      DatabaseName: database.databaseName,
      MigrationsQueueUrl: backfill.queue.queueUrl,
      MigrationsDeadLetterQueueUrl: backfill.deadLetterQueue.queueUrl,
      Backfill: migrations.backfill,
      PipelineRoleArn: pipelineRole.roleArn,
      AlarmTopicArn: monitoring.topicArn,
      DashboardUrl: monitoring.dashboardUrl,
      // Outputs may not be empty.
      ModelId: config.model?.id ?? 'none',
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
