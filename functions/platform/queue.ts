import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { QueueUnavailable } from './errors.ts';

/** What one SQS message may hold, attributes included. Source: AWS SQS quotas, and the template's maximumMessageSize. */
export const MAX_MESSAGE_BYTES = 262_144;

/** One queue, by its URL. */
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

  /** Sends `body`, with text attributes beside it. @throws QueueUnavailable when the queue did not take it */
  async send(body: string, attributes: Record<string, string> = {}): Promise<void> {
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    );
    try {
      await this.#client.send(new SendMessageCommand({ QueueUrl: this.#url, MessageBody: body, MessageAttributes }));
    } catch (cause) {
      throw new QueueUnavailable('the queue did not take the message', { cause });
    }
  }
}
