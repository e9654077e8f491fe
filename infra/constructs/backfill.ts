import { EventSourceMapping, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { Database } from './database.ts';
import { queuePair } from './queue-pair.ts';
import { ServiceFunction } from './service-function.ts';

// A slice of 40 s, a statement begun in its last second (45 s), and an answer.
const timeoutSeconds = 120;
// Of a slice that fails or dies: for an hour, every 12 minutes.
const maxReceiveCount = 5;
// The least there is. A second message finds the first at work, and ends or waits.
const maxConcurrency = 2;

/**
 * What goes on with a backfill when a deployment has ended: a function that does a slice and queues the message of the next. There before the
 * migrations are applied, and depending on nothing of them.
 */
export class Backfill extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(
    scope: Construct,
    id: string,
    { bundle, database, config }: { bundle: string; database: Database; config: Config },
  ) {
    super(scope, id);
    // The dead-letter queue goes with the stack: its messages only say that there is work, and the ledger says which.
    ({ queue: this.queue, deadLetterQueue: this.deadLetterQueue } = queuePair(this, {
      name: 'Migrations',
      config,
      maxReceiveCount,
      // 6 x timeout: AWS Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping".
      visibilityTimeout: Duration.seconds(6 * timeoutSeconds),
    }));
    const worker = new ServiceFunction(this, 'ContinueMigrations', {
      description: 'Goes on with a backfill that takes longer than a deployment waits, a slice a call',
      bundle,
      timeoutSeconds,
      memorySize: 512,
      logRetention: config.logRetentionDays as RetentionDays,
      // Queueing its own next message is what it is for: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
      recursiveLoop: RecursiveLoop.ALLOW,
    });
    database.openAsOwner(worker, 'transactions');
    this.feed(worker);
    worker.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], this.queue.queueArn);
    new EventSourceMapping(this, 'Source', {
      target: worker,
      eventSourceArn: this.queue.queueArn,
      batchSize: 1,
      maxConcurrency,
    });
  }

  /** Lets a function hand a backfill over. */
  feed(by: ServiceFunction): void {
    by.addEnvironment('MIGRATIONS_QUEUE_URL', this.queue.queueUrl);
    by.allow(['sqs:SendMessage'], this.queue.queueArn);
  }
}
