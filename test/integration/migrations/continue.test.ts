import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteMessageCommand, GetQueueAttributesCommand, PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Migration } from '../../../functions/migrations/migration.ts';
import { sqsEventOf } from '../../../infra/local/queue/event.ts';
import { type LegacyDatabase, legacyDatabase } from '../../support/legacy-database.ts';
import { files } from '../../support/migration-files.ts';
import { type Queues, startQueues } from '../../support/queue-client.ts';

const MESSAGE = JSON.stringify({ type: 'continue-migrations', since: '2026-01-02T03:04:05.678Z' });
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:migrations';
const EXPAND = 'create table a ();';
/** Twenty batches of fifty rows, each a tenth of a second. */
const BACKFILL = `-- migrate: backfill
-- migrate: batched over public.numbers by 50
select max(n)::text as last_key, count(*) as rows
  from (select n from public.numbers where n > coalesce(:after::int, 0) order by n limit least(:batch, 50)) page,
       (select pg_sleep(0.1)) slow;
create table b ();`;

let db: LegacyDatabase;
let queues: Queues;
let folder: string;
let queueUrl: string;
let handler: typeof import('../../../functions/continue-migrations.ts').handler;
let emitted: Record<string, unknown>[];
const migrations = await files(EXPAND, BACKFILL);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
  [db, queues] = await Promise.all([legacyDatabase(), startQueues(folder)]);
  queueUrl = queues.server.declare('migrations', { VisibilityTimeout: '30' }).url;
  for (const [name, value] of Object.entries({
    POWERTOOLS_SERVICE_NAME: 'project-versions',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_RDS_DATA: db.dataApi.url,
    AWS_ENDPOINT_URL_SQS: queues.server.url,
    DATABASE_CLUSTER_ARN: db.target.clusterArn,
    DATABASE_SECRET_ARN: db.target.secretArn,
    DATABASE_NAME: db.target.database,
    MIGRATIONS_QUEUE_URL: queueUrl,
    STACK_NAME: 'Shop',
  }))
    vi.stubEnv(name, value);
  // Files of a worker share their modules, and the function's clients keep the endpoints they were made with.
  vi.resetModules();
  ({ handler } = await import('../../../functions/continue-migrations.ts'));
});
beforeEach(async () => {
  await db.owner.query('create table numbers as select generate_series(1, 1000) as n; analyze numbers');
  emitted = [];
  // The metrics' way out of a function: a line of its log.
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    if (String(line).includes('_aws')) emitted.push(JSON.parse(String(line)));
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  db.dataApi.faults.clear();
  await queues.client.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
  await db.owner.query(
    'drop schema if exists version_history cascade; drop schema public cascade; create schema public; grant usage on schema public to public',
  );
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await queues.stop();
  await db.close();
  await rm(folder, { recursive: true });
});

/** Calls the function with one message, as the event source does, with so much time left. */
function slice(ms = 2_400, { messageId = crypto.randomUUID() as string, body = MESSAGE, compiled = migrations } = {}) {
  vi.stubGlobal('__MIGRATIONS__', compiled satisfies Migration[]);
  const event = sqsEventOf([{ MessageId: messageId, Body: body }], QUEUE_ARN, 'us-east-1');
  return handler(
    event,
    { getRemainingTimeInMillis: () => ms } as Parameters<typeof handler>[1],
    (): void => {},
  ) as Promise<void>;
}
/** How many messages the queue gives now, and how many after a pause. */
async function queued() {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesDelayed'] as const;
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] });
  const { Attributes } = await queues.client.send(command);
  const [now, later] = names.map((name) => Number(Attributes?.[name]));
  return { now, later };
}
const NOTHING = { now: 0, later: 0 };
const ONE_LATER = { now: 0, later: 1 };
const expand = () => db.migrate({ migrations, through: 'expand' });
const holdLease = (holder: string) =>
  db.owner.query(`update version_history.migration_lease set holder = $1, expires_at = now() + interval '1 minute'`, [
    holder,
  ]);
const done = async () => (await db.rows(`select to_regclass('b') is not null as done`))[0]?.done;

test('slice after slice, each queues the next after a pause, and the last queues none', async () => {
  await expand();
  let slices = 0;
  for (let body: string | undefined = MESSAGE; body !== undefined; slices++) {
    await slice(4_000, { body });
    if (await done()) break;
    expect(await queued(), 'a deployment comes first').toEqual(ONE_LATER);
    const [next] = await queues.receive(queueUrl, 7);
    await queues.client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: next?.ReceiptHandle }));
    body = next?.Body;
  }
  expect(await done()).toBe(true);
  expect(await queued()).toEqual(NOTHING);

  const unfinished = emitted.map(({ MigrationUnfinished }) => MigrationUnfinished);
  expect(slices).toBeGreaterThan(0);
  expect(unfinished).toEqual([...Array(slices).fill(1), 0]);
  expect(emitted[0]).toMatchObject({
    service: 'project-versions',
    stack: 'Shop',
    MigrationFailed: 0,
    MigrationRowsDone: expect.any(Number),
    MigrationRowsPerSecond: expect.any(Number),
    MigrationSecondsLeft: expect.any(Number),
  });
  const { MigrationRowsDone: rows, MigrationRowsPerSecond: pace, MigrationSecondsLeft: left } = emitted[0] ?? {};
  expect(Number(left)).toBeCloseTo((1_000 - Number(rows)) / Number(pace), -1);
  expect(emitted.at(-1)).not.toHaveProperty('MigrationRowsDone');
});

test('while a deployment has the lease its message comes again', async () => {
  await expand();
  await holdLease('deployment 1 of Shop');
  await slice();
  expect(await queued()).toEqual(ONE_LATER);
  expect(emitted).toMatchObject([{ MigrationUnfinished: 1 }]);
});

test('of two messages the one that finds the other at work ends; another stack’s is waited for', async () => {
  await expand();
  await holdLease('the backfill of Shop, message 1');
  await slice();
  expect(await queued()).toEqual(NOTHING);
  await holdLease('the backfill of Shopping, message 1');
  await slice();
  expect(await queued()).toEqual(ONE_LATER);
});

test('a message that comes again, because its function died, takes its lease at once', async () => {
  await expand();
  await holdLease('the backfill of Shop, message 1');
  await slice(20_000, { messageId: '1' });
  expect(await done()).toBe(true);
  expect(await queued()).toEqual(NOTHING);
});

test('what was rolled back is not gone on with', async () => {
  await expand();
  await db.owner.query('update version_history.migration_lease set rolled_back_at = now()');
  await slice(20_000);
  expect(await done()).toBe(false);
  expect(await queued()).toEqual(NOTHING);
});

test('a backfill that fails is an error with its reason, counted, and its message is left to come again', async () => {
  const compiled = await files(EXPAND, '-- migrate: backfill\nselect 1 / 0;');
  await expand();
  const failure = await slice(20_000, { compiled }).catch((error: Error) => error);
  expect(failure).toMatchObject({
    message: expect.stringMatching(
      /^migrations\/001_file.sql:2 .*division by zero .*; then: npx cdk deploy, or npm run migrate -- up --stack Shop$/,
    ),
  });
  expect(emitted).toMatchObject([{ MigrationFailed: 1, stack: 'Shop' }]);
  expect(await queued()).toEqual(NOTHING);
});

test('a database that does not answer is waited for', async () => {
  await expand();
  db.dataApi.faults.add({ kind: 'dropped-before', count: 1_000 });
  await slice();
  db.dataApi.faults.clear();
  expect(await queued()).toEqual(ONE_LATER);
  expect(emitted).toMatchObject([{ MigrationUnfinished: 1, MigrationFailed: 0 }]);
});

test.each(['{}', '{"type":"continue-migrations","since":"yesterday"}', 'no JSON'])(
  'a message that is none is refused: %s',
  async (body) => {
    await expect(slice(2_400, { body })).rejects.toThrow();
  },
);
