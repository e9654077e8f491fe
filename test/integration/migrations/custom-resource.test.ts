import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Migration } from '../../../functions/migrations/migration.ts';
import { type LegacyDatabase, legacyDatabase } from '../../support/legacy-database.ts';
import { files } from '../../support/migration-files.ts';
import { type TestSecrets, testSecrets } from '../../support/secrets.ts';

const FIRST = 'create table a ();';
const SECOND =
  'create table b ();\n-- migrate: transaction\nselect pg_sleep(0.4);\n-- migrate: transaction\ncreate table c ();';

let db: LegacyDatabase;
let logins: TestSecrets;
let handler: typeof import('../../../functions/apply-migrations.ts');
const [older, newer, broken] = await Promise.all([files(FIRST), files(FIRST, SECOND), files(FIRST, 'select 1 / 0')]);

// One database for all: the function's client keeps the endpoint it was first called with, as in Lambda.
beforeAll(async () => {
  db = await legacyDatabase();
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
  }))
    vi.stubEnv(name, value);
  handler = await import('../../../functions/apply-migrations.ts');
});
afterEach(async () => {
  vi.unstubAllGlobals();
  db.dataApi.faults.clear();
  await db.owner.query('drop schema public cascade; create schema public; grant usage on schema public to public');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await logins.close();
  await db.close();
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
    Data: { Applied: '000_file.sql', Report: '{}' },
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
      'nothing of this step was kept; what came before it was, and the next deployment goes on here',
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
  const slow = await files(Array(4).fill('-- migrate: transaction\nselect pg_sleep(0.5);').join('\n'));
  const began = performance.now();
  // Half of what is left is kept for the statement under way.
  expect(await isComplete(slow, event, 2_400)).toEqual({ IsComplete: false });
  expect(performance.now() - began).toBeLessThan(2_400);
  expect(await deploy(slow, event)).toMatchObject({ IsComplete: true });
});

test('after 50 minutes the reason names who holds the lease, before CloudFormation would say that it timed out', async () => {
  await deploy(older, request('Create'));
  await db.owner.query(
    `update project_versions_migration_lease set holder = 'deployment 42 of other', expires_at = now() + interval '1 minute'`,
  );
  const started = (minutes: number) => ({
    ...request('Update'),
    StartedAt: new Date(Date.now() - minutes * 60_000).toISOString(),
  });
  expect(await isComplete(newer, started(49))).toEqual({ IsComplete: false });
  await expect(isComplete(newer, started(51))).rejects.toThrow(
    /^not done after 50 minutes, deploy again to go on from here; last seen: deployment 42 of other is applying migrations; its lease ends in \d+ s/,
  );
});

test('a wrong secret is an error at once, in the words of the service', async () => {
  vi.stubEnv('DATABASE_SECRET_ARN', 'arn:aws:secretsmanager:us-east-1:000000000000:secret:other');
  await expect(deploy(newer, request('Create'))).rejects.toThrow(/secret/i);
});
