import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { bundleFunctions } from '../../../infra/bundle.ts';
import { compileMigration } from '../../../infra/compile-migrations.ts';
import { type LegacyDatabase, legacyDatabase } from '../../support/legacy-database.ts';

/** What the provider framework calls: the bundle, as it is deployed. */
interface Bundle {
  onEvent(event: object): Promise<{ PhysicalResourceId: string; StartedAt: string }>;
  isComplete(event: object, context: object): Promise<{ IsComplete: boolean; Data?: Record<string, string> }>;
}

const FIRST = 'create table a ();';
const SECOND =
  'create table b ();\n-- migrate: transaction\nselect pg_sleep(0.4);\n-- migrate: transaction\ncreate table c ();';

let dir: string;
let db: LegacyDatabase;
let [older, newer, broken]: Bundle[] = [];

async function bundle(name: string, ...sources: string[]): Promise<Bundle> {
  const migrations = await Promise.all(sources.map((source, index) => compileMigration(`00${index}_file.sql`, source)));
  const outdir = join(dir, name);
  const { 'apply-migrations': path } = await bundleFunctions({ outdir, functions: ['apply-migrations'], migrations });
  return import(pathToFileURL(join(path, 'index.mjs')).href);
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'apply-migrations-'));
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  older = await bundle('older', FIRST);
  newer = await bundle('newer', FIRST, SECOND);
  broken = await bundle('broken', FIRST, 'select 1 / 0');
});
// One database for all: the client of a bundle keeps the endpoint it was first called with, as in Lambda.
beforeAll(async () => {
  db = await legacyDatabase();
  vi.stubEnv('AWS_ENDPOINT_URL_RDS_DATA', db.dataApi.url);
});
beforeEach(() => {
  vi.stubEnv('DATABASE_CLUSTER_ARN', db.target.clusterArn);
  vi.stubEnv('DATABASE_SECRET_ARN', db.target.secretArn);
  vi.stubEnv('DATABASE_NAME', db.target.database);
});
afterEach(async () => {
  db.dataApi.faults.clear();
  await db.owner.query('drop schema public cascade; create schema public');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([db.close(), rm(dir, { recursive: true })]);
});

const request = (RequestType: 'Create' | 'Update' | 'Delete', more: object = {}) => ({
  RequestType,
  RequestId: crypto.randomUUID(),
  StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/project-versions/1',
  ...(RequestType === 'Create' ? {} : { PhysicalResourceId: 'project-versions-migrations' }),
  ...more,
});
const context = (ms: number) => ({ getRemainingTimeInMillis: () => ms });

/** As the framework: onEvent once, then isComplete with what it gave, until it says so. */
async function deploy(code: Bundle | undefined, event: object) {
  if (code === undefined) throw new TypeError('not bundled');
  const { PhysicalResourceId, ...more } = await code.onEvent(event);
  for (;;) {
    const answer = await code.isComplete({ ...event, PhysicalResourceId, ...more }, context(20_000));
    if (answer.IsComplete) return { PhysicalResourceId, ...answer };
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
  const began = performance.now();
  // Half of what is left is kept for the statement under way.
  expect(await newer?.isComplete(event, context(1_600))).toEqual({ IsComplete: false });
  expect(performance.now() - began).toBeLessThan(1_600);
  expect(await deploy(newer, event)).toMatchObject({ IsComplete: true });
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
  expect(await newer?.isComplete(started(49), context(20_000))).toEqual({ IsComplete: false });
  await expect(newer?.isComplete(started(51), context(20_000))).rejects.toThrow(
    /^not done after 50 minutes, deploy again to go on from here; last seen: deployment 42 of other is applying migrations; its lease ends in \d+ s/,
  );
});

test('a wrong secret is an error at once, in the words of the service', async () => {
  vi.stubEnv('DATABASE_SECRET_ARN', 'arn:aws:secretsmanager:us-east-1:000000000000:secret:other');
  await expect(deploy(newer, request('Create'))).rejects.toThrow(/secret/i);
});
