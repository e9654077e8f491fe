import { createHash } from 'node:crypto';
import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { CORRELATION_ATTRIBUTE, correlationId } from './correlation.ts';
import { QueueUnavailable } from './errors.ts';
import { measure } from './metrics.ts';

/** What the body of one message may hold: with its attributes, here the correlation id, 262,144. Source: AWS SQS quotas, and the template's maximumMessageSize. */
export const MAX_MESSAGE_BYTES = 262_144 - 256;
/** Entries of one batch request. Source: AWS SQS quotas. */
const BATCH = 10;

/**
 * A message to send; it bears the id of the work under way. `group`: of a fair queue, which serves groups in turn when one of them is busy. `delaySeconds`: nobody receives it before, at most
 * 900 (AWS SQS quotas).
 */
export interface Outgoing {
  body: string;
  group?: string | undefined;
  delaySeconds?: number;
  attributes?: Record<string, string>;
}

/** The message group of a project: 1 to 128 characters, whatever the project is called. */
export const groupOf = (projectId: string): string => createHash('sha256').update(projectId).digest('hex');

/** One queue, by its URL. What it does not take is counted, `QueueSendFailed`. */
export class Queue {
  readonly #url: string;
  readonly #client: SQSClient;

  constructor(
    url: string,
    client = new SQSClient({ requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 } }),
  ) {
    this.#url = url;
    this.#client = client;
  }

  /** @throws QueueUnavailable when the queue did not take the message */
  async send(message: Outgoing): Promise<void> {
    try {
      await this.#client.send(new SendMessageCommand({ QueueUrl: this.#url, ...wire(message) }));
    } catch (cause) {
      measure(['QueueSendFailed', 1]);
      throw new QueueUnavailable('the queue did not take the message', { cause });
    }
  }

  /** Sends small messages ten a request, requests one after the other. @returns the messages the queue did not take */
  async sendBatch(messages: Outgoing[]): Promise<Outgoing[]> {
    const refused: Outgoing[] = [];
    for (let from = 0; from < messages.length; from += BATCH) {
      const part = messages.slice(from, from + BATCH);
      const Entries = part.map((message, index) => ({ Id: String(index), ...wire(message) }));
      try {
        const { Failed = [] } = await this.#client.send(new SendMessageBatchCommand({ QueueUrl: this.#url, Entries }));
        for (const { Id } of Failed) refused.push(...part.slice(Number(Id), Number(Id) + 1));
      } catch {
        refused.push(...part);
      }
    }
    if (refused.length > 0) measure(['QueueSendFailed', refused.length]);
    return refused;
  }

  /** Makes received messages visible again after their seconds. @throws QueueUnavailable: they then come back after the queue's own time */
  async delay(messages: { receiptHandle: string; seconds: number }[]): Promise<void> {
    try {
      for (let from = 0; from < messages.length; from += BATCH) {
        const Entries = messages.slice(from, from + BATCH).map(({ receiptHandle, seconds }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: seconds,
        }));
        await this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#url, Entries }));
      }
    } catch (cause) {
      throw new QueueUnavailable('the queue did not delay the messages', { cause });
    }
  }
}

function wire({ body, group, delaySeconds, attributes = {} }: Outgoing) {
  const id = correlationId();
  const all = { ...(id !== undefined && { [CORRELATION_ATTRIBUTE]: id }), ...attributes };
  return {
    MessageBody: body,
    ...(group === undefined ? {} : { MessageGroupId: group }),
    ...(delaySeconds === undefined ? {} : { DelaySeconds: delaySeconds }),
    MessageAttributes: Object.fromEntries(
      Object.entries(all).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    ),
  };
}
