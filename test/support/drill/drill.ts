import { randomUUID } from 'node:crypto';
import {
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import pg from 'pg';
import { ulid } from 'ulid';
import { LOCAL_USER } from '../../../infra/local/endpoints.ts';
import { ADMINISTRATOR } from '../../../infra/local/permissions/credentials.ts';
import { sqsEventOf } from '../../../infra/local/queue/event.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import type { Sample } from '../cloudwatch/emf.ts';
import { PrintedMetrics } from '../cloudwatch/printed-metrics.ts';
import { eventually } from '../wait.ts';

/** A model that hangs is given up twice, by a function that has 15 s. */
const LONGEST_MS = 60_000;

/** A running stack to break: what users, the pipeline and the schedule do with it, and what its functions print meanwhile. */
export class Drill {
  readonly stack: LocalStack;
  readonly #database: pg.Client;
  readonly #sqs: SQSClient;
  readonly #log: PrintedMetrics;
  /** Their URLs. */
  readonly #deadLetters: Record<string, string>;
  #printed: Sample[] = [];

  private constructor(stack: LocalStack, logs: string, database: pg.Client) {
    this.stack = stack;
    this.#database = database;
    this.#log = new PrintedMetrics(logs);
    const { sqs: endpoint, region } = stack.endpoints;
    this.#sqs = new SQSClient({ endpoint, region, credentials: ADMINISTRATOR });
    this.#deadLetters = {
      MetadataDeadLetterQueue: stack.endpoints.deadLetterQueueUrl,
      MigrationsDeadLetterQueue: stack.outputs.MigrationsDeadLetterQueueUrl ?? '',
    };
  }

  static async begin(stack: LocalStack, logs: string): Promise<Drill> {
    const database = new pg.Client(stack.postgres.url(undefined, undefined, stack.endpoints.database));
    await database.connect();
    return new Drill(stack, logs, database);
  }

  async end(): Promise<void> {
    this.#sqs.destroy();
    await this.#database.end();
  }

  /** The metrics printed while `work` was done, and what SQS then says of the dead letters. */
  async during(work: () => Promise<unknown>): Promise<Sample[]> {
    this.#log.take();
    this.#printed = [];
    await work();
    return [...this.#read(), ...(await Promise.all(Object.keys(this.#deadLetters).map((id) => this.#depth(id))))];
  }

  /** As CloudWatch has it of a queue, by the queue's logical id. */
  async #depth(id: string): Promise<Sample> {
    const value = await this.deadLetters(id);
    const dimensions = { QueueName: `${id}.QueueName` };
    const name = 'ApproximateNumberOfMessagesVisible';
    return { namespace: 'AWS/SQS', name, dimensions, unit: 'Count', value, at: Date.now() };
  }

  /** How many messages lie in a dead-letter queue. */
  async deadLetters(id: string): Promise<number> {
    const QueueUrl = this.#deadLetters[id];
    const AttributeNames = ['ApproximateNumberOfMessages' as const];
    const { Attributes } = await this.#sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    return Number(Attributes?.ApproximateNumberOfMessages);
  }

  throwAway = (id: string) => this.#sqs.send(new PurgeQueueCommand({ QueueUrl: this.#deadLetters[id] }));

  /** Waits until so much of a metric was printed since `during` began: functions that messages call are nobody's answer. */
  async printed(name: string, sum = 1): Promise<void> {
    const enough = async () => {
      const values = this.#read().filter((sample) => sample.name === name);
      return values.reduce((total, { value }) => total + value, 0) >= sum;
    };
    await eventually(`${name} to be ${sum}`, enough, LONGEST_MS);
  }

  #read(): Sample[] {
    this.#printed.push(...this.#log.take());
    return this.#printed;
  }

  /** People look at their versions, at the same time; more of them than an alarm takes, as a function that a busy machine ends at its timeout counts nothing. @returns the status each is answered */
  list(times = 8): Promise<number[]> {
    const headers = { authorization: `Bearer ${this.stack.endpoints.token}` };
    const one = async () => (await fetch(`${this.stack.endpoints.api}/projects/drill/versions`, { headers })).status;
    return Promise.all(Array.from({ length: times }, one));
  }

  /** The pipeline reports a build that was deployed. @returns the status it is answered */
  async deploy(commits = ['Add a map']): Promise<number> {
    const pipeline = `${this.stack.endpoints.api}/pipeline/projects/drill/versions`;
    const versionId = ulid();
    await signedFetch('POST', pipeline, { versionId, userId: LOCAL_USER, prompt: 'Add a map' });
    const report = { status: 'deployed', changes: { commits } };
    return (await signedFetch('PATCH', `${pipeline}/${versionId}`, report)).status;
  }

  /** The schedule calls the sweep. */
  sweep = () => this.stack.function('SweepMetadata').invoke({});

  /** The schedule calls the check of the database. */
  checkIntegrity = () => this.stack.function('CheckIntegrity').invoke({});

  /** The event source calls what goes on with a backfill. */
  continueMigrations() {
    const Body = JSON.stringify({ type: 'continue-migrations', since: '2026-01-02T03:04:05.678Z' });
    const event = sqsEventOf([{ MessageId: randomUUID(), Body }], 'arn:aws:sqs:us-east-1:000000000000:q', 'us-east-1');
    return this.stack.function('ContinueMigrations').invoke(event);
  }

  sql = (text: string, values: unknown[] = []) => this.#database.query(text, values);

  /** Deployed versions that wait for their metadata. `more`: of other columns. @returns their ids */
  async waiting(count: number, more: Record<string, string> = {}): Promise<string[]> {
    const ids = Array.from({ length: count }, () => ulid());
    const columns = Object.keys(more).map((column) => `, ${column}`);
    const values = Object.values(more).map((value) => `, ${value}`);
    await this.sql(
      `insert into project_versions (project_id, version_id, user_id, prompt, status, metadata_status, created_at, deployed_at${columns.join('')})
       select 'drill', id, $2, 'Add a map', 'deployed', 'pending', now(), now()${values.join('')} from unnest($1::text[]) id`,
      [ids, LOCAL_USER],
    );
    return ids;
  }

  forget = (ids: string[]) => this.sql('delete from project_versions where version_id = any($1)', [ids]);

  /** Messages on the queue, ten at most. */
  send(bodies: string[]) {
    const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    return this.#sqs.send(new SendMessageBatchCommand({ QueueUrl: this.stack.endpoints.queueUrl, Entries }));
  }

  /** Asks for the metadata of ten deployed versions, and waits until they have it. */
  async describeTen(): Promise<void> {
    const ids = await this.waiting(10);
    await this.send(
      ids.map((versionId) => JSON.stringify({ type: 'generate-metadata', versionId, projectId: 'drill' })),
    );
    await this.printed('MetadataApplied', 10);
  }

  /** A message that ends every call of what goes on with a backfill, and how long it is hidden in between. */
  async poison(hiddenSeconds: number): Promise<void> {
    const QueueUrl = this.stack.outputs.MigrationsQueueUrl;
    await this.#sqs.send(
      new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: String(hiddenSeconds) } }),
    );
    await this.#sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'no JSON' }));
  }

  /** The largest message the queue takes, in bytes. */
  takeUpTo = (bytes: number) =>
    this.#sqs.send(
      new SetQueueAttributesCommand({
        QueueUrl: this.stack.endpoints.queueUrl,
        Attributes: { MaximumMessageSize: String(bytes) },
      }),
    );
}
