import { type CfnQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Duration, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';

interface QueuePairProps extends Omit<QueueProps, 'deadLetterQueue'> {
  /** The logical id of the queue is `<name>Queue`, that of the other `<name>DeadLetterQueue`. */
  name: string;
  config: Config;
  maxReceiveCount: number;
  deadLetters?: QueueProps;
}

/** A queue and its dead-letter queue, both encrypted and reached over TLS only. */
export function queuePair(
  scope: Construct,
  { name, config, maxReceiveCount, deadLetters, ...props }: QueuePairProps,
): { queue: Queue; deadLetterQueue: Queue } {
  const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
  const deadLetterQueue = new Queue(scope, 'DeadLetterQueue', {
    ...common,
    retentionPeriod: Duration.days(config.deadLetterRetentionDays),
    ...deadLetters,
  });
  const queue = new Queue(scope, 'Queue', {
    ...common,
    retentionPeriod: Duration.days(config.queueRetentionDays),
    deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount },
    ...props,
  });
  (queue.node.defaultChild as CfnQueue).overrideLogicalId(`${name}Queue`);
  (deadLetterQueue.node.defaultChild as CfnQueue).overrideLogicalId(`${name}DeadLetterQueue`);
  Validations.of(deadLetterQueue).acknowledge({ id: 'AwsSolutions-SQS3', reason: 'This is the dead-letter queue.' });
  return { queue, deadLetterQueue };
}
