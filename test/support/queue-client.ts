import { type Message, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type QueueServer, startQueueServer } from '../../infra/local/queue/queue-server.ts';

/** A running queue server and a client of it. */
export interface Queues {
  server: QueueServer;
  client: SQSClient;
  send(queueUrl: string, body: string): Promise<unknown>;
  /** At most ten messages, with their system attributes. */
  receive(queueUrl: string, waitSeconds?: number): Promise<Message[]>;
  stop(): Promise<void>;
}

export async function startQueues(folder: string): Promise<Queues> {
  const server = await startQueueServer(folder, 0, 'us-east-1');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SQSClient({ endpoint: server.url, region: 'us-east-1', credentials });
  return {
    server,
    client,
    send: (QueueUrl, MessageBody) => client.send(new SendMessageCommand({ QueueUrl, MessageBody })),
    receive: async (QueueUrl, WaitTimeSeconds = 0) => {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        WaitTimeSeconds,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      return (await client.send(command)).Messages ?? [];
    },
    stop: async () => {
      client.destroy();
      await server.close();
    },
  };
}

/** Their bodies, sorted: a standard queue keeps no order. */
export const bodies = (messages: Message[]): (string | undefined)[] => messages.map(({ Body }) => Body).sort();
