import type { SQSClient } from '@aws-sdk/client-sqs';

/** A queue of a stack, and where its messages go that cannot be worked on. */
export interface Queues {
  name: 'metadata' | 'migrations';
  /** The function that works on it, whose log says why a message failed. */
  worker: 'GenerateMetadata' | 'ContinueMigrations';
  sqs: SQSClient;
  queueUrl: string;
  deadLetterQueueUrl: string;
}

/** All queues of a stack: the versions that wait for their metadata, and a backfill that goes on. */
export const queuesOf = ({
  sqs,
  queueUrl,
  deadLetterQueueUrl,
  migrationsQueueUrl,
  migrationsDeadLetterQueueUrl,
}: Pick<Queues, 'sqs' | 'queueUrl' | 'deadLetterQueueUrl'> & {
  migrationsQueueUrl: string;
  migrationsDeadLetterQueueUrl: string;
}): Queues[] => [
  { name: 'metadata', worker: 'GenerateMetadata', sqs, queueUrl, deadLetterQueueUrl },
  {
    name: 'migrations',
    worker: 'ContinueMigrations',
    sqs,
    queueUrl: migrationsQueueUrl,
    deadLetterQueueUrl: migrationsDeadLetterQueueUrl,
  },
];
