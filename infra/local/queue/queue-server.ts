import { chmodSync, mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { buildApp } from 'fauxqs';
import { S3Store } from '../../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../../node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsStore } from '../../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { ACCOUNT_ID } from '../account-id.ts';
import { foreignness } from '../foreign-request.ts';
import { CannotListen } from '../listen.ts';
import type { Access } from '../permissions/permissions.ts';
import { refusalOf } from './authorization.ts';
import { DurableQueues } from './durable-queues.ts';
import { allowAllCharactersOfSqs } from './message-characters.ts';
import { keepMessageGroups, withGroupsOf } from './message-groups.ts';

/** SQS on 127.0.0.1, with queues and messages in the data folder. */
export interface QueueServer {
  url: string;
  /** The ARN of the queue that has a URL. */
  arnOf(queueUrl: string): string;
  /** Creates the queue, or gives the one that is there these attributes; its messages stay. */
  declare(name: string, attributes: Record<string, string>): { url: string; arn: string };
  close(): Promise<void>;
}

/**
 * @param folder where messages are kept.
 * @param port 0 for any free one.
 * @param access asked at every operation; without it everyone may do everything.
 * @throws CannotListen when the port is taken.
 */
export async function startQueueServer(
  folder: string,
  port: number,
  region: string,
  access?: Access,
): Promise<QueueServer> {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  allowAllCharactersOfSqs();
  keepMessageGroups();
  const sqsStore = new SqsStore();
  const durable = new DurableQueues(folder);
  const app = buildApp({
    logger: false,
    defaultRegion: region,
    stores: { sqsStore, snsStore: new SnsStore(), s3Store: new S3Store() },
  });
  app.addHook('preClose', () => durable.close());
  const arnOf = (name: string) => `arn:aws:sqs:${region}:${ACCOUNT_ID}:${name}`;
  // The server knows other services and routes to look inside; here it is SQS in its JSON protocol, and nothing else.
  app.addHook('onRequest', async ({ headers, method }, reply) => {
    const reason = foreignness(headers, false);
    if (reason !== undefined) return reply.status(403).send({ message: reason });
    if (method === 'POST' && String(headers['x-amz-target']).startsWith('AmazonSQS.')) return;
    return reply.status(404).send({ __type: 'com.amazon.coral.service#UnknownOperationException' });
  });
  const bodies = new WeakMap<object, Buffer>();
  app.addHook('preParsing', async (request, _, payload) => {
    const body = await buffer(payload);
    bodies.set(request, body);
    return Readable.from([body], { objectMode: false });
  });
  app.addHook('preHandler', async (request, reply) => {
    const target = request.headers['x-amz-target'];
    if (access === undefined || typeof target !== 'string') return;
    const { QueueUrl, QueueName } = (request.body ?? {}) as { QueueUrl?: string; QueueName?: string };
    const queueArn = arnOf(QueueUrl?.split('/').at(-1) ?? QueueName ?? '*');
    const { rawHeaders } = request.raw;
    const signed = {
      method: request.method,
      target: request.url,
      rawHeaders,
      body: bodies.get(request) ?? Buffer.alloc(0),
    };
    const refusal = await refusalOf({ target, authorization: request.headers.authorization, signed, queueArn }, access);
    if (refusal === undefined) return;
    reply.header('content-type', 'application/x-amz-json-1.0').header('x-amzn-query-error', refusal.queryError);
    return reply.status(refusal.status).send(refusal.body);
  });
  app.addHook('preHandler', (request, _, done) => withGroupsOf(request.body, done));
  try {
    await app.listen({ port, host: '127.0.0.1' });
  } catch (cause) {
    durable.close();
    throw new CannotListen(
      `Port ${port} on 127.0.0.1, for SQS, cannot be used (${(cause as Error).message}). Choose another: npm start -- --port <N>`,
      { cause },
    );
  }
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const urlOf = (name: string) => `${url}/${ACCOUNT_ID}/${name}`;
  durable.loadInto(sqsStore, urlOf);
  releaseHeldMessages(sqsStore);
  return {
    url,
    arnOf: (queueUrl) => arnOf(queueUrl.split('/').at(-1) ?? ''),
    declare: (name, attributes) => {
      const arn = arnOf(name);
      const known = sqsStore.getQueueByArn(arn);
      if (known === undefined) sqsStore.createQueue(name, urlOf(name), arn, attributes);
      else known.setAttributes(attributes);
      return { url: urlOf(name), arn };
    },
    close: () => app.close(),
  };
}

/**
 * Whoever had received messages when the stack ended is gone with it; they become visible at once instead of after the visibility timeout. The
 * receive counts stay.
 */
function releaseHeldMessages(store: SqsStore): void {
  for (const queue of store.allQueues()) {
    for (const { receiptHandle } of queue.inspectMessages().inflight) queue.changeVisibility(receiptHandle, 0);
  }
}
