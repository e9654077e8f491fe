import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LegacyDatabase, legacyDatabase } from '../../support/legacy-database.ts';
import { files } from '../../support/migration-files.ts';

let db: LegacyDatabase;
beforeEach(async () => {
  db = await legacyDatabase();
});
afterEach(() => db.close());

const INDEX =
  'create table t (a integer);\n-- migrate: no transaction\ncreate unique index concurrently if not exists t_a on t (a);';
const valid = () => db.rows(`select indisvalid as valid from pg_index where indexrelid = to_regclass('t_a')`);

test('a leftover that is INVALID is dropped and built again', async () => {
  await db.owner.query('create table t (a integer); insert into t values (1), (1)');
  await expect(db.owner.query('create unique index concurrently t_a on t (a)')).rejects.toThrow(/could not create/);
  expect(await valid()).toEqual([{ valid: false }]);
  await db.owner.query('truncate t');
  expect(
    await db.migrate({ migrations: await files(INDEX.replace('table t', 'table if not exists t')) }),
  ).toMatchObject({ complete: true });
  expect(await valid()).toEqual([{ valid: true }]);
});

test('a build that outlives its call is waited for', async () => {
  const migrations = await files(INDEX);
  db.dataApi.faults.add({ kind: 'timeout-continues', sql: 'index concurrently' });
  // Keeps the build from ending: it waits for every transaction that is older.
  await db.admin.query('begin; select txid_current(); select 1');
  const migration = db.migrate({ migrations });
  await sleep(1_500);
  await db.admin.query('commit');
  expect(await migration).toMatchObject({ complete: true });
  expect(await valid()).toEqual([{ valid: true }]);
});

test('rows that are equal fail it with a reason, and it can be done again', async () => {
  await db.owner.query('create table t (a integer); insert into t values (1), (1)');
  const migrations = await files(INDEX.replace('table t', 'table if not exists t'));
  await expect(db.migrate({ migrations })).rejects.toThrow(
    /000_file.sql:3 \(step 2 of 2\) failed: .*t_a.* \(SQLSTATE 23505\)/,
  );
  await db.owner.query('truncate t');
  expect(await db.migrate({ migrations })).toMatchObject({ complete: true });
  expect(await valid()).toEqual([{ valid: true }]);
});

test('rows that become equal while it is built send it back to the step that makes them unique', async () => {
  const migrations = await files(`
      create table t (key text, a integer); create table runs ();
      create function unique_t(p_after text, p_batch bigint) returns table (last_key text, rows bigint) language plpgsql as $$
      begin
        insert into runs default values;
        -- The first time, somebody writes a second row right after.
        if (select count(*) from runs) = 1 then insert into t values ('a', 1), ('b', 1);
        else delete from t where key = 'b'; end if;
        return next;
      end $$;
      -- migrate: batched
      select * from unique_t(:after, :batch);
      -- migrate: no transaction
      create unique index concurrently if not exists t_a on t (a);
    `);
  expect(await db.migrate({ migrations })).toMatchObject({ complete: true });
  expect(await valid()).toEqual([{ valid: true }]);
  expect(await db.rows('select 1 from runs')).toHaveLength(2);
});

test.each([
  ['another index', 'create index t_a on t (a)'],
  ['an index of another table', 'create table t2 (a integer); create unique index t_a on t2 (a)'],
  ['a table', 'create table t_a ()'],
])('the name is taken by %s: an error, not "done"', async (_what, taken) => {
  await db.owner.query(`create table t (a integer); ${taken}`);
  const migrations = await files(INDEX.replace('table t', 'table if not exists t'));
  await expect(db.migrate({ migrations })).rejects.toThrow(
    'migrations/000_file.sql:3 failed: "public"."t_a" exists and is something else, expected a unique index on "public"."t"',
  );
});

test('is dropped concurrently too', async () => {
  await db.owner.query('create table t (a integer); create index t_a on t (a)');
  const migrations = await files('-- migrate: no transaction\ndrop index concurrently if exists t_a');
  expect(await db.migrate({ migrations })).toMatchObject({ complete: true });
  expect(await valid()).toEqual([]);
});

const CHECK = `create table if not exists t (a integer); alter table t drop constraint if exists t_a, add constraint t_a check (a > 0) not valid;
  -- migrate: long
  alter table t validate constraint t_a;`;
const validated = () => db.rows(`select convalidated as valid from pg_constraint where conname = 't_a'`);

test('a validation that outlives its call is waited for', async () => {
  db.dataApi.faults.add({ kind: 'timeout-continues', sql: 'validate constraint' });
  // A look at every row takes half a second, longer than the call.
  await db.owner.query(`create table t (a integer); insert into t values (1);
    create function slow(integer) returns boolean language plpgsql as $$ begin perform pg_sleep(0.5); return true; end $$`);
  expect(await db.migrate({ migrations: await files(CHECK.replace('a > 0', 'slow(a)')) })).toMatchObject({
    complete: true,
  });
  expect(await validated()).toEqual([{ valid: true }]);
});

test('rows that fail a check are an error that names the place, and it can be done again', async () => {
  await db.owner.query('create table t (a integer); insert into t values (0)');
  const migrations = await files(CHECK);
  await expect(db.migrate({ migrations })).rejects.toThrow(
    /000_file.sql:3 \(step 2 of 2\) failed: .*t_a.* \(SQLSTATE 23514\)/,
  );
  await db.owner.query('truncate t');
  expect(await db.migrate({ migrations })).toMatchObject({ complete: true });
});

test('a constraint that somebody has dropped meanwhile is missed by name', async () => {
  const migrations = await files(
    'create table t (a integer);\n-- migrate: long\nalter table t validate constraint t_a;',
  );
  await expect(db.migrate({ migrations })).rejects.toThrow(
    '000_file.sql:3 failed: a constraint to validate is missing, one of t_a',
  );
});
