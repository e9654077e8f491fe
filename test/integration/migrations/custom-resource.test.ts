import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { continuationMessage } from '../../../functions/migrations/continuation-message.ts';
import type { Migration } from '../../../functions/migrations/migration.ts';
import { type LegacyDatabase, legacyDatabase } from '../../support/legacy-database.ts';
import { files } from '../../support/migration-files.ts';
import { type Queues, startQueues } from '../../support/queue-client.ts';
import { type TestSecrets, testSecrets } from '../../support/secrets.ts';

const FIRST =
  'create table a (); grant usage on schema version_history to project_versions_api, project_versions_worker;';
const SECOND =
  'create table b ();\n-- migrate: transaction\nselect pg_sleep(0.4);\n-- migrate: transaction\ncreate table c ();';

let db: LegacyDatabase;
let logins: TestSecrets;
let queues: Queues;
let folder: string;
let queueUrl: string;
let handler: typeof import('../../../functions/apply-migrations.ts');
const [older, newer, broken] = await Promise.all([files(FIRST), files(FIRST, SECOND), files(FIRST, 'select 1 / 0')]);

// One database for all: the function's client keeps the endpoint it was first called with, as in Lambda.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
  [db, queues] = await Promise.all([legacyDatabase(), startQueues(folder)]);
  queueUrl = queues.server.declare('migrations', { VisibilityTimeout: '0' }).url;
  logins = await testSecrets(db.test);
  for (const name of ['api', 'worker'] as const) {
    db.secrets.set(logins.arns[name], logins.current(logins.arns[name]));
  }
  for (const [name, value] of Object.entries({
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_RDS_DATA: db.dataApi.url,
    DATABASE_CLUSTER_ARN: db.target.clusterArn,
    DATABASE_SECRET_ARN: db.target.secretArn,
    DATABASE_NAME: db.target.database,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: logins.server.url,
    API_SECRET_ARN: logins.arns.api,
    WORKER_SECRET_ARN: logins.arns.worker,
    AWS_ENDPOINT_URL_SQS: queues.server.url,
    MIGRATIONS_QUEUE_URL: queueUrl,
  }))
    vi.stubEnv(name, value);
  // Files of a worker share their modules, and the function's clients keep the endpoints they were made with.
  vi.resetModules();
  handler = await import('../../../functions/apply-migrations.ts');
});
afterEach(async () => {
  vi.unstubAllGlobals();
  db.dataApi.faults.clear();
  await queues.client.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
  await db.owner.query(
    'drop schema if exists version_history cascade; drop schema public cascade; create schema public; grant usage on schema public to public',
  );
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([logins.close(), queues.stop()]);
  await db.close();
  await rm(folder, { recursive: true });
});

const request = (RequestType: 'Create' | 'Update' | 'Delete', more: object = {}) => ({
  RequestType,
  RequestId: crypto.randomUUID(),
  StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/project-versions/1',
  ...(RequestType === 'Create' ? {} : { PhysicalResourceId: 'project-versions-migrations' }),
  ...more,
});
type Event = Parameters<typeof handler.isComplete>[0];

/** Calls isComplete of a deployment that has compiled these migrations in, with so much time left. */
function isComplete(migrations: Migration[], event: object, ms = 20_000) {
  vi.stubGlobal('__MIGRATIONS__', migrations);
  const context = { getRemainingTimeInMillis: () => ms };
  return handler.isComplete(event as Event, context as Parameters<typeof handler.isComplete>[1]);
}

/** As the framework: onEvent once, then isComplete with what it gave, until it says so. */
async function deploy(migrations: Migration[], request: object) {
  const event = { ...request, ...(await handler.onEvent(request as Event)) };
  for (;;) {
    const answer = await isComplete(migrations, event);
    if (answer.IsComplete) return { PhysicalResourceId: event.PhysicalResourceId, ...answer };
    expect(answer).toEqual({ IsComplete: false });
  }
}
const tables = async () =>
  (await db.rows(`select relname from pg_class where relname in ('a', 'b', 'c') order by 1`)).map(
    ({ relname }) => relname,
  );

test('create, update, roll back to older code, and the same event twice', async () => {
  const created = { PhysicalResourceId: 'project-versions-migrations', IsComplete: true };
  expect(await deploy(older, request('Create'))).toEqual({
    ...created,
    Data: { Applied: '000_file.sql', Report: '{}', Backfill: 'done' },
  });
  const update = request('Update');
  expect(await deploy(newer, update)).toMatchObject({ ...created, Data: { Applied: '001_file.sql' } });
  expect(await deploy(newer, update)).toMatchObject({ ...created, Data: { Applied: '' } });
  expect(await deploy(older, request('Update'))).toMatchObject({ ...created, Data: { Applied: '' } });
  expect(await tables()).toEqual(['a', 'b', 'c']);
});

test('a failed update gives a reason without a stack trace, and the rollback that follows at once succeeds', async () => {
  await deploy(older, request('Create'));
  const failure = await deploy(broken, request('Update')).catch((error: Error) => error);
  expect(failure).toMatchObject({
    message:
      'migrations/001_file.sql:1 (step 1 of 1) failed: division by zero (SQLSTATE 22012); ' +
      'nothing of this step was kept; what came before it was, and the next deployment goes on here; ' +
      'then: npx cdk deploy, or npm run migrate -- up --stack project-versions',
  });
  expect((failure as Error).stack).toBe((failure as Error).message);
  expect(await deploy(older, request('Update'))).toMatchObject({ IsComplete: true });
  // The file was never applied: repaired, it may be.
  expect(await deploy(newer, request('Update'))).toMatchObject({ Data: { Applied: '001_file.sql' } });
});

test.each(['project-versions-migrations', 'never-issued'])(
  'delete of %s does nothing, without a look at the database',
  async (id) => {
    await deploy(older, request('Create'));
    db.dataApi.faults.add({ kind: 'dropped-before', count: 1_000 });
    const event = request('Delete', { PhysicalResourceId: id });
    expect(await deploy(newer, event)).toEqual({ PhysicalResourceId: id, IsComplete: true });
    expect(await tables()).toEqual(['a']);
  },
);

test('a slice ends before its function does', async () => {
  const event = { ...request('Create'), StartedAt: new Date().toISOString() };
  const slow = await files(FIRST, Array(4).fill('-- migrate: transaction\nselect pg_sleep(0.5);').join('\n'));
  const began = performance.now();
  // Half of what is left is kept for the statement under way.
  expect(await isComplete(slow, event, 2_400)).toEqual({ IsComplete: false });
  expect(performance.now() - began).toBeLessThan(2_400);
  expect(await deploy(slow, event)).toMatchObject({ IsComplete: true });
});

test('after 50 minutes the reason names who holds the lease, before CloudFormation would say that it timed out', async () => {
  await deploy(older, request('Create'));
  await db.owner.query(
    `update version_history.migration_lease set holder = 'deployment 42 of other', expires_at = now() + interval '1 minute'`,
  );
  const started = (minutes: number) => ({
    ...request('Update'),
    StartedAt: new Date(Date.now() - minutes * 60_000).toISOString(),
  });
  expect(await isComplete(newer, started(49), 1_500)).toEqual({ IsComplete: false });
  await expect(isComplete(newer, started(51), 5_000)).rejects.toThrow(
    /^not done after 50 minutes, what is done is kept; last seen: deployment 42 of other is applying migrations; its lease ends in \d+ s unless renewed; then: npx cdk deploy, or npm run migrate -- up --stack project-versions$/,
  );
});

test('a deployment that waits for the lease of somebody else’s slice gets it in the pause after', async () => {
  await deploy(older, request('Create'));
  await db.owner.query(
    `update version_history.migration_lease set holder = 'the backfill of other, message 1', expires_at = now() + interval '1 minute'`,
  );
  const waiting = isComplete(newer, request('Update'));
  await setTimeout(300);
  await db.owner.query(`update version_history.migration_lease set holder = null, expires_at = '-infinity'`);
  expect(await waiting).toMatchObject({ IsComplete: true, Data: { Applied: '001_file.sql' } });
});

/** A backfill of so many batches, each a fifth of a second. */
const backfill = (batches: number) => `-- migrate: backfill
create table b ();
-- migrate: batched
select case when coalesce(:after::int, 0) < ${batches} then (coalesce(:after::int, 0) + 1)::text end as last_key, :batch as rows
  from (select pg_sleep(0.2)) slow;
create table c ();`;
const CONTRACT = '-- migrate: contract\ndrop table a;';
const handedOver = async () => (await queues.receive(queueUrl)).map(({ Body = '' }) => JSON.parse(Body));

test('a backfill that ends within its minute is done with the deployment, after what the deployment waits for', async () => {
  const migrations = await files(backfill(2), FIRST);
  expect(await deploy(migrations, request('Create'))).toMatchObject({
    Data: { Applied: '001_file.sql 000_file.sql', Backfill: 'done' },
  });
  expect(await handedOver()).toEqual([]);
});

test('one that does not is handed over, once, and the deployment ends and says where it goes on', async () => {
  const migrations = await files(FIRST, backfill(1_000));
  const event = { ...request('Create'), StartedAt: new Date().toISOString() };
  // The backfill gets half of the function's time.
  expect(await isComplete(migrations, event, 6_000)).toEqual({
    IsComplete: true,
    Data: {
      Applied: '000_file.sql',
      Report: '{}',
      Backfill:
        'was not done when the deployment ended, and goes on in ContinueMigrations: ' +
        'npm run migrate -- status --stack project-versions shows how far it is',
    },
  });
  const messages = await handedOver();
  expect(messages).toEqual([{ type: 'continue-migrations', since: expect.any(String) }]);
  expect(continuationMessage.parse(messages[0])).toEqual(messages[0]);
  expect(await tables()).toEqual(['a', 'b']);
  expect((await db.rows(`select holder from version_history.migration_lease`))[0]).toEqual({ holder: null });
});

test('one that fails in its minute fails the deployment', async () => {
  const migrations = await files(FIRST, `-- migrate: backfill\nselect 1 / 0;`);
  await expect(deploy(migrations, request('Create'))).rejects.toThrow(
    /^migrations\/001_file.sql:2 .*division by zero .*; then: npx cdk deploy, or npm run migrate -- up --stack project-versions$/,
  );
  expect(await handedOver()).toEqual([]);
});

test('what the old system used goes only when that is asked for, and after the backfill, however long it takes', async () => {
  const migrations = await files(FIRST, backfill(10), CONTRACT);
  const event = { ...request('Create'), StartedAt: new Date().toISOString() };
  const contracts = { ...event, ResourceProperties: { contract: 'true' } };
  expect(await isComplete(migrations, contracts, 2_400)).toEqual({ IsComplete: false });
  expect(await tables()).toEqual(['a', 'b']);
  expect(await deploy(migrations, { ...event, ResourceProperties: { contract: 'false' } })).toMatchObject({
    Data: { Applied: '001_file.sql', Backfill: 'done' },
  });
  expect(await tables()).toEqual(['a', 'b', 'c']);
  expect(await deploy(migrations, contracts)).toMatchObject({ Data: { Applied: '002_file.sql', Backfill: 'done' } });
  expect(await tables()).toEqual(['b', 'c']);
  expect(await handedOver()).toEqual([]);
});

test('a contract step that refuses fails the deployment with its reason, and the command that asks for it again', async () => {
  const refusal = `-- migrate: contract\ndo $$ begin raise exception '3 rows would be lost'; end; $$;`;
  const contracts = request('Create', { ResourceProperties: { contract: 'true' } });
  await expect(deploy(await files(FIRST, refusal), contracts)).rejects.toThrow(
    /^migrations\/001_file.sql:2 .*3 rows would be lost .*; then: npx cdk deploy -c contractMigrations=true$/,
  );
  expect(await tables()).toEqual(['a']);
});

test('a wrong secret is an error at once, in the words of the service', async () => {
  vi.stubEnv('DATABASE_SECRET_ARN', 'arn:aws:secretsmanager:us-east-1:000000000000:secret:other');
  await expect(deploy(newer, request('Create'))).rejects.toThrow(/secret/i);
});
