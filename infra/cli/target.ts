import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readEndpoints } from '../local/endpoints.ts';
import { ADMINISTRATOR } from '../local/permissions/credentials.ts';
import { type Queues, queuesOf } from './queues.ts';

/** A stack to be operated, this machine's or a deployed one, and the way to it. */
export interface Target {
  /** What a person calls it. */
  name: string;
  /** Of the versions that wait for their metadata. */
  queueUrl: string;
  queues: Queues[];
  clusterArn: string;
  /** Of the role that owns the tables. */
  secretArn: string;
  /** Of the login that works for the pipeline. */
  workerSecretArn: string;
  database: string;
  /** `none` without a model. */
  modelId: string;
  sqs: SQSClient;
  dataApi: RDSDataClient;
}

class NoSuchStack extends Error {
  override name = 'NoSuchStack';
}

/**
 * The stack of that name, asked of CloudFormation with the shell's credentials and region; without a name the one that runs from `dataDir`.
 * `dataApi`: how often a call of the Data API is tried.
 *
 * @throws NoSuchStack, or NotStarted, saying what to do
 */
export const targetOf = (
  stack: string | undefined,
  dataDir: string,
  dataApi: { maxAttempts?: number } = {},
): Promise<Target> => (stack === undefined ? localTarget(dataDir, dataApi) : deployedTarget(stack, dataApi));

async function localTarget(dataDir: string, dataApi: { maxAttempts?: number }): Promise<Target> {
  const endpoints = await readEndpoints(dataDir);
  const local = { region: endpoints.region, credentials: ADMINISTRATOR };
  const sqs = new SQSClient({ ...local, endpoint: endpoints.sqs });
  return {
    name: `the local stack in ${dataDir}`,
    ...endpoints,
    queues: queuesOf({ ...endpoints, sqs }),
    workerSecretArn: endpoints.loginSecretArns.worker ?? '',
    sqs,
    dataApi: new RDSDataClient({ ...local, ...dataApi, endpoint: endpoints.dataApi }),
  };
}

async function deployedTarget(name: string, dataApi: { maxAttempts?: number }): Promise<Target> {
  const cloudFormation = new CloudFormationClient({});
  const outputs = await cloudFormation
    .send(new DescribeStacksCommand({ StackName: name }))
    .then(({ Stacks }) => new Map(Stacks?.[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])))
    .catch((cause: Error) => {
      throw new NoSuchStack(
        `--stack ${name}: ${cause.message}. The command uses your shell's credentials and AWS_REGION.`,
        { cause },
      );
    });
  const output = (key: string): string => {
    const value = outputs.get(key);
    if (value) return value;
    throw new NoSuchStack(`--stack ${name}: the stack has no output ${key}; deploy this version of it first.`);
  };
  const sqs = new SQSClient({});
  return {
    name: `stack ${name}`,
    queueUrl: output('QueueUrl'),
    queues: queuesOf({
      sqs,
      queueUrl: output('QueueUrl'),
      deadLetterQueueUrl: output('DeadLetterQueueUrl'),
      migrationsQueueUrl: output('MigrationsQueueUrl'),
      migrationsDeadLetterQueueUrl: output('MigrationsDeadLetterQueueUrl'),
    }),
    clusterArn: output('ClusterArn'),
    secretArn: output('SecretArn'),
    workerSecretArn: output('WorkerSecretArn'),
    database: output('DatabaseName'),
    modelId: output('ModelId'),
    sqs,
    dataApi: new RDSDataClient(dataApi),
  };
}
