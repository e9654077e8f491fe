import * as z from 'zod';
import type { Account } from '../account.ts';
import { AccessDenied } from '../permissions/permissions.ts';
import type { ResourceKind } from '../template/deploy.ts';
import { ignored, propertiesOf } from '../template/properties.ts';
import { TemplateNotRunnable } from '../template/template.ts';
import { startPolling } from './poller.ts';

const number = z.coerce.number().optional();

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
const Queue = z.strictObject({
  QueueName: z.string().optional(),
  DelaySeconds: number,
  MaximumMessageSize: number,
  MessageRetentionPeriod: number,
  ReceiveMessageWaitTimeSeconds: number,
  VisibilityTimeout: number,
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number() }).optional(),
  KmsDataKeyReusePeriodSeconds: ignored,
  KmsMasterKeyId: ignored,
  RedriveAllowPolicy: ignored,
  SqsManagedSseEnabled: ignored,
  Tags: ignored,
});

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
const Mapping = z.strictObject({
  EventSourceArn: z.string().regex(/^arn:aws:sqs:/, 'only queues are polled locally'),
  FunctionName: z.string(),
  BatchSize: z.coerce.number().default(10),
  MaximumBatchingWindowInSeconds: z.coerce.number().default(0),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  // Lambda starts with five pollers; each has one batch at a time with the function.
  ScalingConfig: z.strictObject({ MaximumConcurrency: z.coerce.number() }).default({ MaximumConcurrency: 5 }),
  Enabled: z.boolean().default(true),
  MetricsConfig: ignored,
  Tags: ignored,
});

export const queueResource: ResourceKind<Account> = {
  types: ['AWS::SQS::Queue'],
  deploy: (resource, account) => {
    const { QueueName, RedrivePolicy, ...properties } = propertiesOf(resource, Queue);
    const attributes: Record<string, string> =
      RedrivePolicy === undefined ? {} : { RedrivePolicy: JSON.stringify(RedrivePolicy) };
    for (const name of [
      'DelaySeconds',
      'MaximumMessageSize',
      'MessageRetentionPeriod',
      'ReceiveMessageWaitTimeSeconds',
      'VisibilityTimeout',
    ] as const) {
      const value = properties[name];
      if (value !== undefined) attributes[name] = String(value);
    }
    const name = QueueName ?? `${account.stackName}-${resource.logicalId}`;
    const { url, arn } = account.queues.declare(name, attributes);
    const values: Record<string, string> = { Arn: arn, QueueName: name, QueueUrl: url };
    return { ref: url, attribute: (attribute) => values[attribute] };
  },
};

export const mappingResource: ResourceKind<Account> = {
  types: ['AWS::Lambda::EventSourceMapping'],
  deploy: (resource, account) => {
    const properties = propertiesOf(resource, Mapping);
    const pool = account.functions.get(properties.FunctionName, `${resource.logicalId}.FunctionName`);
    mayPoll(pool.credentials.accessKeyId, properties.EventSourceArn, resource.logicalId, account);
    if (properties.Enabled) {
      const queueName = properties.EventSourceArn.split(':')[5];
      account.onStop(
        startPolling({
          queueUrl: `${account.queues.url}/${account.accountId}/${queueName}`,
          queueArn: properties.EventSourceArn,
          region: account.region,
          endpoint: account.queues.url,
          function: pool,
          batchSize: properties.BatchSize,
          batchingWindowSeconds: properties.MaximumBatchingWindowInSeconds,
          maxConcurrency: properties.ScalingConfig.MaximumConcurrency,
          reportsItemFailures: properties.FunctionResponseTypes.length > 0,
        }),
      );
    }
    return { ref: `${account.stackName}-${resource.logicalId}` };
  },
};

/**
 * Lambda refuses a mapping whose function's role lacks a permission, and with it the deployment:
 * https://github.com/functionalone/serverless-iam-roles-per-function/issues/21
 */
function mayPoll(accessKeyId: string, queueArn: string, at: string, { permissions }: Account): void {
  for (const operation of ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes']) {
    try {
      permissions.authorize(accessKeyId, `sqs:${operation}`, queueArn);
    } catch (cause) {
      if (!(cause instanceof AccessDenied)) throw cause;
      throw new TemplateNotRunnable(
        `${at}: The provided execution role does not have permissions to call ${operation} on SQS (${cause.message})`,
        { cause },
      );
    }
  }
}
