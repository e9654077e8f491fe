import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { queuePair } from './queue-pair.ts';
import type { ServiceFunction } from './service-function.ts';

// What one poll of a standard queue returns at most.
const batchSize = 10;
// Batches worked on at once. Ten versions a batch and one or two Data API calls each: five keep a database at the
// smallest capacity free for readers.
const maxConcurrency = 5;

/**
 * The queue of versions that wait for their metadata, and the dead-letter queue for messages that cannot succeed.
 * The dead-letter queue remains when the stack is deleted: its messages are unfinished work.
 */
export class MetadataQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  /** How long a message is hidden that somebody works on. */
  readonly visibilitySeconds: number;
  private readonly config: Config;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    this.config = config;
    // 6 x timeout, so that Lambda can retry a throttled batch, and the window in which a batch is gathered
    // (AWS Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping").
    this.visibilitySeconds = 6 * config.metadataTimeoutSeconds + config.metadataBatchWindowSeconds;
    ({ queue: this.queue, deadLetterQueue: this.deadLetterQueue } = queuePair(this, {
      name: 'Metadata',
      config,
      maxReceiveCount: config.maxReceiveCount,
      visibilityTimeout: Duration.seconds(this.visibilitySeconds),
      maxMessageSizeBytes: 256 * 1024,
      deadLetters: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
    }));
  }

  /** Lets a function put versions on the queue. */
  feed(by: ServiceFunction): void {
    by.addEnvironment('METADATA_QUEUE_URL', this.queue.queueUrl);
    by.allow(['sqs:SendMessage'], this.queue.queueArn);
  }

  /**
   * Has a function work on the queue in batches, of which it reports the failed messages one by one, and lets it put
   * a message that can never succeed on the dead-letter queue itself.
   */
  work(by: ServiceFunction): EventSourceMapping {
    by.addEnvironment('METADATA_QUEUE_URL', this.queue.queueUrl);
    by.addEnvironment('DEAD_LETTER_QUEUE_URL', this.deadLetterQueue.queueUrl);
    by.addEnvironment('MAX_RECEIVE_COUNT', String(this.config.maxReceiveCount));
    by.addEnvironment('METADATA_RETRY_SECONDS', String(this.config.metadataRetrySeconds));
    by.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
      this.queue.queueArn,
    );
    by.allow(['sqs:SendMessage'], this.deadLetterQueue.queueArn);
    return new EventSourceMapping(this, 'Source', {
      target: by,
      eventSourceArn: this.queue.queueArn,
      batchSize,
      maxBatchingWindow: Duration.seconds(this.config.metadataBatchWindowSeconds),
      maxConcurrency,
      reportBatchItemFailures: true,
    });
  }
}
