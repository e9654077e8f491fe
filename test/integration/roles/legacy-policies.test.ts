import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { legacyVersions } from '../../support/legacy-data.ts';
import { type LegacyDatabase, legacyDatabase, legacyTables } from '../../support/legacy-database.ts';

let db: LegacyDatabase;
afterEach(() => db?.close());

/** A connection as a role of the old system, or as one of the functions. */
async function connectAs(name: string, group?: string): Promise<pg.Client> {
  const role = `${db.test.user}_${name}`;
  await db.admin.query(`create role ${role} login password 'x'`);
  if (group) await db.admin.query(`grant ${group} to ${role}`);
  else await db.admin.query(`grant select, insert, update, delete on project_versions to ${role}`);
  const { host, port, database } = db.test;
  const client = new pg.Client({ host, port, database, user: role, password: 'x' });
  await client.connect();
  return client;
}

const count = async (client: pg.Client, user?: string): Promise<number> => {
  if (user !== undefined) await client.query(`select set_config('app.user_id', $1, false)`, [user]);
  return (await client.query('select version_id from project_versions')).rows.length;
};

test('where row-level security was off, the old system’s roles go on as before', async () => {
  db = await legacyDatabase(await legacyTables(), legacyVersions);
  expect(await db.migrate()).toMatchObject({ complete: true });
  const old = await connectAs('old');
  const api = await connectAs('api', 'project_versions_api');
  try {
    expect(await count(old)).toBe(16);
    await old.query(
      `insert into project_versions (user_id, project_id, version_id, prompt, status) values ('ada', 'p', 'v', '', 'deployed')`,
    );
    expect((await old.query(`delete from project_versions where version_id = 'v'`)).rowCount).toBe(1);
    expect(await count(api)).toBe(0);
    expect(await count(api, 'ada')).toBeGreaterThan(0);
  } finally {
    await Promise.all([old.end(), api.end()]);
  }
});

test('where it was on, its policies stay and decide for the old roles; ours get theirs', async () => {
  db = await legacyDatabase(
    await legacyTables(),
    legacyVersions,
    `create policy own_rows on project_versions using (user_id = current_setting('legacy.user', true));
     create policy helpdesk on project_versions for select using (current_setting('legacy.helpdesk', true) = 'on');
     alter table project_versions enable row level security;
     alter table project_versions force row level security`,
  );
  expect(await db.migrate()).toMatchObject({ complete: true });
  expect(
    await db.rows(`select policyname as name from pg_policies where tablename = 'project_versions' order by 1`),
  ).toEqual(
    ['helpdesk', 'own_rows', 'project_versions_functions', 'project_versions_own_rows'].map((name) => ({ name })),
  );
  const old = await connectAs('old');
  const api = await connectAs('api', 'project_versions_api');
  const worker = await connectAs('worker', 'project_versions_worker');
  try {
    expect(await count(old)).toBe(0);
    await old.query(`select set_config('legacy.user', 'ada', false)`);
    const adas = await count(old);
    expect(adas).toBeGreaterThan(0);
    expect(await count(worker)).toBe(16);
    expect(await count(api)).toBe(0);
    expect(await count(api, 'ada')).toBe(adas);
    // A policy of the old system for everyone widens nothing for us.
    await api.query(`set legacy.helpdesk = 'on'`);
    await old.query(`set legacy.helpdesk = 'on'`);
    expect(await count(old)).toBe(16);
    expect(await count(api, 'ada')).toBe(adas);
  } finally {
    await Promise.all([old.end(), api.end(), worker.end()]);
  }
});

test('an owner that may not create roles is told so before anything is changed', async () => {
  db = await legacyDatabase(await legacyTables());
  await db.admin.query(`alter role ${db.test.user} nocreaterole`);
  const failure = await db.migrate().catch((error: Error) => error);
  expect((failure as Error).message).toBe(
    `role "${db.test.user}" may not create roles, and the functions get one each of their own: run, as an administrator, ` +
      `alter role "${db.test.user}" createrole`,
  );
  expect(await db.rows(`select to_regclass('version_history.migrations') as ledger`)).toEqual([{ ledger: null }]);
});
