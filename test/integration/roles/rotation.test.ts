import { RDSDataClient } from '@aws-sdk/client-rds-data';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { applyLogins } from '../../../functions/migrations/logins.ts';
import { Database } from '../../../functions/platform/database.ts';
import { type RotationStep, rotate } from '../../../functions/secrets/rotation.ts';
import { type DataApi, startDataApi } from '../../../infra/local/data-api/server.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type TestSecrets, testSecrets } from '../../support/secrets.ts';
import { eventually } from '../../support/wait.ts';

const clusterArn = 'arn:aws:rds:us-east-1:000000000000:cluster:test';
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

let db: TestDatabase;
let admin: pg.Client;
let places: TestSecrets;
let dataApi: DataApi;
let client: RDSDataClient;
let refused = 0;
beforeAll(async () => {
  db = await createTestDatabase();
  admin = new pg.Client(db.adminUrl);
  await admin.connect();
  // What is granted is granted by the migrations; a login needs the schemas alone.
  await admin.query(`create schema version_history authorization ${db.user}`);
  await admin.query('grant usage on schema version_history to project_versions_api, project_versions_worker');
});
beforeEach(async () => {
  places = await testSecrets(db);
  dataApi = await startDataApi({ postgres: db, clusters: [{ clusterArn }], secrets: places.store.credentials });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new RDSDataClient({ endpoint: dataApi.url, region: 'us-east-1', credentials });
  client.middlewareStack.add(
    (next) => (args) =>
      next(args).catch((error: Error) => {
        if (error.name === 'InvalidSecretException') refused += 1;
        throw error;
      }),
    { step: 'initialize' },
  );
  refused = 0;
  expect(
    await applyLogins({
      database: connect(places.arns.owner),
      connect,
      secrets: places.secrets,
      logins: [{ group: 'project_versions_api', secretArn: places.arns.api }],
      overdue: true,
      log: { info: () => {}, warn: () => {} },
    }),
  ).toEqual({ complete: true });
});
afterEach(async () => {
  client.destroy();
  await Promise.all([dataApi.close(), places.close()]);
});
afterAll(async () => {
  await admin.end();
  await db.drop();
});

const connect = (secretArn: string, loginPatienceMs?: number) =>
  new Database({ clusterArn, secretArn, database: db.database, client, loginPatienceMs });

const services = () => ({
  secrets: places.secrets,
  owner: connect(places.arns.owner),
  login: connect(places.arns.api, 300),
});

const doStep = (step: RotationStep['step'], versionId: string) =>
  rotate({ step, secretArn: places.arns.api, versionId }, services());

/** Begins a rotation as Secrets Manager does, with nobody at it yet. */
async function begin(): Promise<string> {
  places.server.rotateBy(places.arns.api, async () => {});
  return places.rotate(places.arns.api);
}

async function opens({ username, password }: { username: string; password: string }): Promise<boolean> {
  const direct = new pg.Client({ host: db.host, port: db.port, database: db.database, user: username, password });
  return direct.connect().then(
    () => direct.end().then(() => true),
    () => false,
  );
}

describe('a rotation', () => {
  test('gives the role another password; the former opens nothing any more, what else the secret holds stays', async () => {
    places.store.extend(places.arns.api, { host: 'here' });
    const before = places.current(places.arns.api);
    const versionId = await begin();
    for (const step of STEPS) await doStep(step, versionId);
    const after = places.current(places.arns.api);
    expect(after.username).toBe(before.username);
    expect(after.password).not.toBe(before.password);
    expect([await opens(before), await opens(after)]).toEqual([false, true]);
    expect(JSON.parse(places.store.value(places.arns.api, undefined, 'test'))).toMatchObject({ host: 'here' });
    expect(Object.values(await places.secrets.stages(places.arns.api)).map((stages) => stages.sort())).toEqual([
      ['AWSPREVIOUS'],
      ['AWSCURRENT', 'AWSPENDING'],
    ]);
  });

  test('may have every step called twice, and be begun again where it stopped', async () => {
    const versionId = await begin();
    for (const step of STEPS.slice(0, 2)) await doStep(step, versionId);
    expect(await begin()).toBe(versionId);
    for (const step of STEPS) {
      await doStep(step, versionId);
      await doStep(step, versionId);
    }
    expect(await opens(places.current(places.arns.api))).toBe(true);
  });

  test('may be tested before there is anything to rotate to, as Secrets Manager does when it is configured', async () => {
    await expect(doStep('testSecret', await begin())).resolves.toBeUndefined();
  });

  test('loses no request: who has to log in between its steps goes on until he may', async () => {
    const calls: Promise<unknown>[] = [];
    const call = (count: number) => {
      for (let each = 0; each < count; each++)
        calls.push(connect(places.arns.api).rows('select pg_sleep(0.2)::text as slept'));
    };
    for (let round = 1; round <= 3; round++) {
      const versionId = await begin();
      call(2);
      for (const step of STEPS.slice(0, 2)) await doStep(step, versionId);
      // More at once than there are connections: the others have to log in, and may not.
      call(20);
      await eventually('refused logins', async () => refused >= 5 * round);
      for (const step of STEPS.slice(2)) {
        await doStep(step, versionId);
        call(4);
      }
    }
    const lost = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected');
    expect(lost).toEqual([]);
    expect(calls).toHaveLength(90);
  });
});

describe('a rotation is refused', () => {
  test('of a version that is not pending', async () => {
    await expect(doStep('setSecret', crypto.randomUUID())).rejects.toThrow(/is not pending: begin another rotation$/);
  });

  test('to another role than the secret’s', async () => {
    const versionId = await begin();
    const { username } = places.current(places.arns.api);
    const value = JSON.stringify({ username: db.user, password: 'x'.repeat(32) });
    await places.secrets.propose(places.arns.api, { id: versionId, value });
    await expect(doStep('setSecret', versionId)).rejects.toThrow(/names another role: put the name back as it was$/);
    expect(await opens({ username: db.user, password: db.password })).toBe(true);
    expect(places.current(places.arns.api).username).toBe(username);
  });

  test('when the role is gone, with what to do', async () => {
    const versionId = await begin();
    await doStep('createSecret', versionId);
    const { username } = places.current(places.arns.api);
    await admin.query(`drop role ${username}`);
    await expect(doStep('setSecret', versionId)).rejects.toThrow(`role ${username} does not exist: deploy the stack`);
  });

  test('when what is current afterwards opens nothing', async () => {
    const versionId = await begin();
    for (const step of STEPS.slice(0, 3)) await doStep(step, versionId);
    const { username } = places.current(places.arns.api);
    await admin.query(`alter role ${username} password 'changed by hand'`);
    await admin.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = $1', [username]);
    await expect(doStep('finishSecret', versionId)).rejects.toThrow(/does not let it in: rotate it once more$/);
    // And what it says helps.
    const again = await begin();
    for (const step of STEPS) await doStep(step, again);
    await eventually('the new password', () => opens(places.current(places.arns.api)));
  });
});
