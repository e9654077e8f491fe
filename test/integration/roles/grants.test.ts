import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';

let system: MigratedDatabase;
let api: Client;
let worker: Client;
beforeAll(async () => {
  system = await migratedDatabase();
  [api, worker] = await Promise.all([system.connect('api'), system.connect('worker')]);
  await system.owner.query(
    `insert into project_versions (project_id, version_id, user_id, prompt, status) values ('shop', 'one', 'ada', 'secret words', 'deployed')`,
  );
  await api.query(`select set_config('app.user_id', 'ada', false)`);
});
afterAll(async () => {
  await Promise.all([api.end(), worker.end()]);
  await system.close();
});

const DENIED = { code: '42501' };

describe('the api', () => {
  test.each(['prompt', 'enhanced_prompt', 'prompt_metadata', 'ai_json', 'ai_session_id', 'git_commit_sha'])(
    'may not read %s, of its own user either',
    async (column) => {
      await expect(api.query(`select ${column} from project_versions`)).rejects.toMatchObject(DENIED);
      await expect(api.query(`select 1 from project_versions where ${column} is null`)).rejects.toMatchObject(DENIED);
    },
  );

  test('reads what an answer needs', async () => {
    expect((await api.query('select * from version_history.versions')).rows).toHaveLength(1);
    await expect(api.query('select * from project_versions')).rejects.toMatchObject(DENIED);
  });

  test.each([
    'prompt',
    'user_id',
    'project_id',
    'version_id',
    'status',
    'artifact_url',
    'created_at',
    'metadata_status',
  ])('may not change %s', async (column) => {
    await expect(api.query(`update project_versions set ${column} = ${column}`)).rejects.toMatchObject(DENIED);
  });

  test.each([
    'delete from project_versions',
    'truncate project_versions',
    'delete from version_history.publications',
    'update version_history.publications set comment = null',
    'delete from version_history.idempotency_keys',
    `insert into version_history.recommendations (version_id, project_id, user_id, document) values ('one', 'shop', 'ada', '{}')`,
    'update version_history.recommendations set document = document',
    'delete from version_history.recommendations',
    'create table mine ()',
    'create temporary table mine (a int) on commit drop',
  ])('may not %s', async (statement) => {
    if (statement.includes('temporary'))
      await system.owner.query(`revoke temporary on database ${system.test.database} from public`);
    await expect(api.query(statement)).rejects.toMatchObject(DENIED);
  });
});

describe('the worker', () => {
  test.each([
    'delete from project_versions',
    'truncate project_versions',
    'delete from version_history.recommendations',
    'update version_history.recommendations set document = document',
    'delete from version_history.idempotency_keys',
    'select * from version_history.publications',
    `insert into version_history.publications (project_id, user_id, action, version_id, at) values ('shop', 'ada', 'published', 'one', now())`,
    'create table mine ()',
  ])('may not %s', async (statement) => {
    await expect(worker.query(statement)).rejects.toMatchObject(DENIED);
  });

  test.each([
    'user_id',
    'project_id',
    'version_id',
    'prompt',
    'created_at',
    'is_published',
    'published_at',
    'soft_deleted_at',
  ])('may not change %s', async (column) => {
    await expect(worker.query(`update project_versions set ${column} = ${column}`)).rejects.toMatchObject(DENIED);
  });
});

describe('both', () => {
  test.each(['version_history.migration_lease', 'version_history.migrations'])(
    'have no way to all of %s',
    async (table) => {
      for (const client of [api, worker])
        await expect(client.query(`select * from ${table}`)).rejects.toMatchObject(DENIED);
    },
  );

  test('execute the functions they call and those these call; nobody else executes any', async () => {
    const { rows } = await system.owner.query<{ name: string; api: boolean; worker: boolean; everyone: boolean }>(`
      select p.proname as name,
             has_function_privilege('project_versions_api', p.oid, 'execute') as api,
             has_function_privilege('project_versions_worker', p.oid, 'execute') as worker,
             exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl where acl.grantee = 0) as everyone
        from pg_proc p
       where p.pronamespace in ('public'::regnamespace, 'version_history'::regnamespace)
       order by 1`);
    expect(
      rows.filter(({ everyone }) => everyone).map(({ name }) => name),
      'revoked from public in the migration that makes it',
    ).toEqual([]);
    expect(
      rows
        .filter((each) => !each.api && !each.worker)
        .map(({ name }) => name)
        // The trigger.
        .filter((name) => name !== 'keep_moments'),
      'granted in the migration that makes it',
    ).toEqual([]);
    const onlyOne = (login: 'api' | 'worker', other: 'api' | 'worker') =>
      rows.filter((each) => each[login] && !each[other]).map(({ name }) => name);
    expect(onlyOne('api', 'worker').filter((name) => /^(create|record|apply)/.test(name))).toEqual([]);
    expect(onlyOne('worker', 'api').filter((name) => /^(list|publish|rollback|delete|edit)/.test(name))).toEqual([]);
  });

  test('are neither superusers nor beyond row-level security, and may make nothing', async () => {
    const { rows } = await system.owner.query(
      `select distinct rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = any ($1)`,
      [['api', 'worker'].flatMap((name) => [`project_versions_${name}`, `${system.test.user}_${name}`])],
    );
    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false }]);
  });
});
