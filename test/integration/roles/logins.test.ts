import { RDSDataClient } from '@aws-sdk/client-rds-data';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyLogins, type LoginOptions } from '../../../functions/migrations/logins.ts';
import { Database } from '../../../functions/platform/database.ts';
import { rotate } from '../../../functions/secrets/rotation.ts';
import { type DataApi, startDataApi } from '../../../infra/local/data-api/server.ts';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts';
import { type TestSecrets, testSecrets } from '../../support/secrets.ts';

const clusterArn = 'arn:aws:rds:us-east-1:000000000000:cluster:test';

let db: TestDatabase;
let admin: pg.Client;
let places: TestSecrets;
let dataApi: DataApi;
let client: RDSDataClient;
let statements: string[];
beforeEach(async () => {
  db = await createTestDatabase();
  admin = new pg.Client(db.adminUrl);
  await admin.connect();
  // What is granted is granted by the migrations; a login needs the schemas alone.
  await admin.query(`create schema version_history authorization ${db.user}`);
  await admin.query('grant usage on schema version_history to project_versions_api, project_versions_worker');
  places = await testSecrets(db);
  dataApi = await startDataApi({ postgres: db, clusters: [{ clusterArn }], secrets: places.store.credentials });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new RDSDataClient({ endpoint: dataApi.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  statements = [];
  client.middlewareStack.add(
    (next) => (args) => {
      statements.push((args.input as { sql?: string }).sql ?? '');
      return next(args);
    },
    { step: 'initialize' },
  );
});
afterEach(async () => {
  client.destroy();
  await Promise.all([dataApi.close(), places.close(), admin.end()]);
  await db.drop();
});

const connect = (secretArn: string, loginPatienceMs?: number) =>
  new Database({ clusterArn, secretArn, database: db.database, client, loginPatienceMs });

const apply = (options: Partial<LoginOptions> = {}) =>
  applyLogins({
    database: connect(places.arns.owner),
    connect: (secretArn, patience) => connect(secretArn, patience ?? 300),
    secrets: places.secrets,
    logins: [
      { group: 'project_versions_api', secretArn: places.arns.api },
      { group: 'project_versions_worker', secretArn: places.arns.worker },
    ],
    overdue: false,
    log: { info: () => {}, warn: () => {} },
    ...options,
  });

/** Logs in over TCP, where the server asks for SCRAM-SHA-256. */
async function logIn({ username, password }: { username: string; password: string }): Promise<string> {
  const direct = new pg.Client({ host: db.host, port: db.port, database: db.database, user: username, password });
  await direct.connect();
  try {
    return (await direct.query('select current_user as name')).rows[0].name;
  } finally {
    await direct.end();
  }
}

/** A connection that is open stays so, whatever becomes of the password: the next call has to log in. */
const disconnect = (username: string) =>
  admin.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = $1', [username]);

const verifier = async (username: string): Promise<string> =>
  (await admin.query('select rolpassword from pg_authid where rolname = $1', [username])).rows[0]?.rolpassword;

describe('logins', () => {
  test('are made, let in by PostgreSQL’s own SCRAM, members of their group; no statement holds a password', async () => {
    expect(await apply()).toEqual({ complete: true });
    for (const name of ['api', 'worker'] as const) {
      const login = places.current(places.arns[name]);
      expect(await logIn(login)).toBe(login.username);
      await expect(logIn({ ...login, password: 'another' })).rejects.toMatchObject({ code: '28P01' });
      expect(await verifier(login.username)).toMatch(/^SCRAM-SHA-256\$4096:/);
      const { rows } = await admin.query(
        `select pg_has_role($1, $2, 'usage') as member, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb as more from pg_roles where rolname = $1`,
        [login.username, `project_versions_${name}`],
      );
      expect(rows).toEqual([{ member: true, more: false }]);
      for (const statement of statements) expect(statement).not.toContain(login.password);
    }
  });

  test('that open the database are left alone', async () => {
    await apply();
    const { username } = places.current(places.arns.api);
    const before = await verifier(username);
    statements = [];
    expect(await apply()).toEqual({ complete: true });
    expect(await verifier(username)).toBe(before);
    expect(statements.filter((statement) => /^(create|alter|grant)/.test(statement))).toEqual([]);
  });

  test('are mended: another password, no right to log in, no membership', async () => {
    await apply();
    const login = places.current(places.arns.api);
    for (const damage of [
      `alter role ${login.username} password 'changed by hand'`,
      `alter role ${login.username} nologin`,
      `revoke project_versions_api from ${login.username} granted by ${db.user}`,
    ]) {
      await admin.query(damage);
      await disconnect(login.username);
      expect(await apply()).toEqual({ complete: true });
      expect(await logIn(login)).toBe(login.username);
      const member = await admin.query(`select pg_has_role($1, 'project_versions_api', 'usage') as it`, [
        login.username,
      ]);
      expect(member.rows).toEqual([{ it: true }]);
    }
  });

  test('of two deployments at once are made once', async () => {
    expect(await Promise.all([apply(), apply(), apply()])).toEqual(Array(3).fill({ complete: true }));
    const login = places.current(places.arns.api);
    expect(await logIn(login)).toBe(login.username);
  });

  test('in the middle of a rotation are waited for, and when it has had its time get what is current', async () => {
    await apply();
    const login = places.current(places.arns.api);
    places.server.rotateBy(places.arns.api, async () => {});
    const versionId = await places.rotate(places.arns.api);
    const services = { secrets: places.secrets, owner: connect(places.arns.owner), login: connect(places.arns.api) };
    for (const step of ['createSecret', 'setSecret'] as const) {
      await rotate({ step, secretArn: places.arns.api, versionId }, services);
    }
    await disconnect(login.username);
    expect(await apply()).toEqual({ complete: false, waiting: `the rotation of ${places.arns.api} to end` });
    expect(await apply({ overdue: true })).toEqual({ complete: true });
    expect(await logIn(login)).toBe(login.username);
  });
});

describe('what stands in the way is said with the command that mends it', () => {
  const reason = () => apply().then(String, (error: Error) => `${error.name}: ${error.message}`);

  test('a group role of somebody else', async () => {
    await admin.query(`revoke project_versions_api from ${db.user}`);
    expect(await reason()).toBe(
      `MigrationFailed: role "${db.user}" may not let a login into "project_versions_api", which another role of this cluster made: ` +
        `run, as an administrator, grant "project_versions_api" to "${db.user}" with admin option`,
    );
    await admin.query(`grant "project_versions_api" to "${db.user}" with admin option`);
    expect(await apply()).toEqual({ complete: true });
  });

  test('a login of somebody else', async () => {
    const { username } = places.current(places.arns.api);
    await admin.query(`create role ${username} login password 'not ours'`);
    expect(await reason()).toMatch(
      /may not set the password of .* run, as an administrator, grant "\w+" to "\w+" with admin option$/,
    );
    await admin.query(`grant "${username}" to "${db.user}" with admin option`);
    expect(await apply()).toEqual({ complete: true });
  });

  test.each(['bypassrls', 'superuser', 'createrole'])('a login with %s', async (power) => {
    const { username } = places.current(places.arns.api);
    await admin.query(`create role ${username} login ${power}`);
    expect(await reason()).toContain(`role "${username}" may bypass row-level security or create roles`);
  });

  test('a schema the group may not use', async () => {
    await admin.query('revoke usage on schema public from public');
    expect(await reason()).toMatch(
      /run, as their owner, grant usage on schema public, version_history to "project_versions_api"$/,
    );
  });

  test('a database the login may not connect to', async () => {
    await admin.query(`revoke connect on database ${db.database} from public`);
    expect(await reason()).toContain(`grant connect on database "${db.database}" to "project_versions_api"`);
    await admin.query(
      `grant connect on database "${db.database}" to "project_versions_api", "project_versions_worker"`,
    );
    expect(await apply()).toEqual({ complete: true });
  });

  test('a secret that is none of the stack’s: named, and nothing of it told', async () => {
    const odd = places.store.create('Odd', 'odd', 'arn:aws:secretsmanager:us-east-1:000000000000', () =>
      JSON.stringify({ username: 'Robert"; drop role postgres', password: 'hidden' }),
    );
    const failure = await apply({ logins: [{ group: 'project_versions_api', secretArn: odd }] }).catch(String);
    expect(failure).toMatch(/^UnusableSecret: arn:.*odd.* must hold JSON with username/);
    expect(failure).not.toMatch(/Robert|hidden/);
  });
});
