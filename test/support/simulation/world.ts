import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import pg from 'pg';
import { eventOf } from '../../../infra/local/gateway/event.ts';
import { type ModelServer, startModelServer } from '../../../infra/local/model/server.ts';
import { sqsEventOf } from '../../../infra/local/queue/event.ts';
import { type QueueServer, startQueueServer } from '../../../infra/local/queue/queue-server.ts';
import { type MigratedDatabase, migrateDatabase } from '../migrate-database.ts';
import { createDatabase } from '../owned-database.ts';
import { watchRows } from './audit.ts';
import { type Functions, loadFunctions, type SourceFault } from './functions.ts';

const MAX_RECEIVES = 4;
const REGION = 'us-east-1';

/** An answer of a function behind the API. */
export interface HttpAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** Everything a history happens in: the real functions, PostgreSQL behind the Data API, SQS, a model; and hands to move them. */
export class World {
  readonly database: MigratedDatabase;
  readonly model: ModelServer;
  /** The owner's connections: to look at rows while others do. */
  readonly owner: pg.Pool;
  readonly #queues: QueueServer;
  readonly #sqs: SQSClient;
  readonly #folder: string;
  readonly #bundles: string;
  readonly #url: string;
  readonly #deadUrl: string;
  #functions!: Functions;
  /** Received by somebody and not given back: hidden until time passes. */
  readonly #hidden = new Map<string, string>();

  private constructor(
    database: MigratedDatabase,
    queues: QueueServer,
    model: ModelServer,
    folder: string,
    bundles: string,
  ) {
    this.#bundles = bundles;
    this.database = database;
    this.model = model;
    this.owner = new pg.Pool({ connectionString: database.test.url, max: 3 });
    this.#queues = queues;
    this.#folder = folder;
    const dead = queues.declare('dead', { VisibilityTimeout: '600' });
    this.#deadUrl = dead.url;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: MAX_RECEIVES });
    this.#url = queues.declare('metadata', { VisibilityTimeout: '600', RedrivePolicy }).url;
    this.#sqs = new SQSClient({
      endpoint: queues.url,
      region: REGION,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
  }

  /** @param bundles where the functions' bundles lie */
  static async open(postgresUrl: string, bundles: string): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'project-versions-simulation-'));
    const [database, queues, model] = await Promise.all([
      createDatabase(postgresUrl).then(migrateDatabase),
      startQueueServer(folder, 0, REGION),
      startModelServer({ accountId: '000000000000', region: REGION }),
    ]);
    await watchRows(database.owner);
    const world = new World(database, queues, model, folder, bundles);
    await world.load();
    return world;
  }

  /** Runs the functions as they are, or with a fault in their source. */
  async load(fault?: SourceFault): Promise<void> {
    const { arns, dataApi, test } = this.database;
    this.#functions = await loadFunctions(
      this.#bundles,
      (name) => ({
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_ENDPOINT_URL_RDS_DATA: dataApi.url,
        AWS_ENDPOINT_URL_SQS: this.#queues.url,
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: this.model.url,
        DATABASE_CLUSTER_ARN: arns.cluster,
        DATABASE_SECRET_ARN: name === 'change-version' ? arns.api : arns.worker,
        DATABASE_NAME: test.database,
        METADATA_QUEUE_URL: this.#url,
        DEAD_LETTER_QUEUE_URL: this.#deadUrl,
        MAX_RECEIVE_COUNT: String(MAX_RECEIVES),
        METADATA_RETRY_SECONDS: '600',
        MODEL_ID: 'amazon.nova-lite-v1:0',
        MODEL_CALLS_PER_DAY: '100000',
        SWEEP_AFTER_SECONDS: name === 'sweep-metadata' ? '300' : '',
        SWEEP_ATTEMPTS: '3',
        POWERTOOLS_SERVICE_NAME: 'simulation',
        POWERTOOLS_LOG_LEVEL: 'SILENT',
      }),
      fault,
    );
  }

  /** A request to the API, as `user` or, without one, as the pipeline. */
  async request(
    method: string,
    route: string,
    parameters: Record<string, string>,
    body: object,
    user?: string,
  ): Promise<HttpAnswer> {
    const target = route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
    const event = eventOf(
      {
        ...{ method, target, rawHeaders: ['host', 'api.test', 'content-type', 'application/json'], sourceIp: '::1' },
        ...{
          body: Buffer.from(JSON.stringify(body)),
          protocol: 'HTTP/1.1',
          receivedAt: new Date(),
          requestId: randomUUID(),
        },
      },
      {
        ...{ accountId: '000000000000', apiId: 'api', stage: '$default', routeKey: `${method} ${route}` },
        ...{
          pathParameters: parameters,
          authorizer: user === undefined ? { iam: {} } : { jwt: { claims: { sub: user } } },
        },
      },
    );
    const handler = this.#functions[user === undefined ? 'record-version' : 'change-version'];
    const answer = (await handler(event, context(8_000))) as { statusCode: number; body: string };
    // Nobody here asks for what is wrong: a 400 would make the history an idle one.
    if (![200, 201, 404, 409, 503].includes(answer.statusCode))
      throw new Error(`${method} ${target}: ${answer.statusCode} ${answer.body}`);
    return { status: answer.statusCode, body: JSON.parse(answer.body) };
  }

  /** Puts a message on the queue past the API, as a pipeline may. */
  async send(body: string): Promise<void> {
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.#url, MessageBody: body }));
  }

  /** Messages off the queue, hidden from then on. */
  async receive(): Promise<Message[]> {
    const messages = await this.#take(this.#url);
    for (const { MessageId = '', ReceiptHandle = '' } of messages) this.#hidden.set(MessageId, ReceiptHandle);
    return messages;
  }

  /** Has generate-metadata work on messages. @returns those it wants acknowledged. */
  async generate(messages: Message[], milliseconds: number): Promise<Message[]> {
    const event: SQSEvent = sqsEventOf(messages, 'arn:aws:sqs:us-east-1:000000000000:metadata', REGION);
    const answer = (await this.#functions['generate-metadata'](event, context(milliseconds))) as SQSBatchResponse;
    const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    return messages.filter(({ MessageId = '' }) => !failed.has(MessageId));
  }

  async acknowledge(messages: Message[]): Promise<void> {
    for (const { MessageId = '', ReceiptHandle } of messages) {
      this.#hidden.delete(MessageId);
      await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle }));
    }
  }

  async sweep(): Promise<void> {
    await this.#functions['sweep-metadata']({}, context(30_000));
  }

  /** Ten minutes: every hidden message is visible again, and what waits has waited longer. */
  async passTime(): Promise<void> {
    for (const [id, ReceiptHandle] of this.#hidden) {
      this.#hidden.delete(id);
      const hidden = { QueueUrl: this.#url, ReceiptHandle, VisibilityTimeout: 0 };
      // Gone in the meantime: acknowledged by its other delivery, or moved.
      await this.#sqs.send(new ChangeMessageVisibilityCommand(hidden)).catch(() => {});
    }
    await this.owner.query(`
      update project_versions
         set deployed_at = deployed_at - interval '10 minutes', metadata_queued_at = metadata_queued_at - interval '10 minutes'
       where version_id in (
         select version_id from project_versions where metadata_status = 'pending' and status = 'deployed' for update skip locked
       )`);
  }

  /** What lies in the dead-letter queue, taken out. */
  async deadLetters(): Promise<{ body: string; reason: string | undefined }[]> {
    const letters: Message[] = [];
    for (;;) {
      const found = await this.#take(this.#deadUrl);
      if (found.length === 0) break;
      letters.push(...found);
      for (const { ReceiptHandle } of found)
        await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: this.#deadUrl, ReceiptHandle }));
    }
    return letters.map(({ Body = '', MessageAttributes }) => ({
      body: Body,
      reason: MessageAttributes?.reason?.StringValue,
    }));
  }

  /** Empties everything: after a history that went wrong the next one starts anew. */
  async forget(): Promise<void> {
    this.database.dataApi.faults.clear();
    this.model.answers.clear();
    await this.passTime();
    for (let messages = await this.receive(); messages.length > 0; messages = await this.receive())
      await this.acknowledge(messages);
    await this.deadLetters();
    await this.owner.query('truncate project_versions, audit cascade');
  }

  async close(): Promise<void> {
    this.#sqs.destroy();
    await this.owner.end();
    await Promise.all([this.#queues.close(), this.model.close(), this.database.close()]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #take(QueueUrl: string): Promise<Message[]> {
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    return Messages;
  }
}

function context(milliseconds: number) {
  const end = Date.now() + milliseconds;
  return { awsRequestId: randomUUID(), getRemainingTimeInMillis: () => end - Date.now() };
}
