import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Migration } from '../../../functions/migrations/migration.ts';
import { compileMigration } from '../../../infra/compile-migrations.ts';
import { type LegacyDatabase, legacyDatabase } from '../../support/legacy-database.ts';

let db: LegacyDatabase;
beforeEach(async () => {
  db = await legacyDatabase();
});
afterEach(() => db.close());

const files = (...sources: string[]): Promise<Migration[]> =>
  Promise.all(sources.map((source, index) => compileMigration(`00${index}_file.sql`, source)));
const soon = (ms: number) => ({ until: Date.now() + ms });
const tableExists = async (name: string) => (await db.rows(`select to_regclass('${name}') is not null as it`))[0]?.it;

/** Numbers 1 to 2,500 in table `numbers`; each batch writes those after the cursor to `done`. */
const NUMBERS = `
  create table numbers as select to_char(n, 'FM0000') as key from generate_series(1, 2500) n;
  create table done (key text);
  create function do_batch(p_after text, p_batch bigint) returns table (last_key text, rows bigint) language plpgsql as $$
  begin
    with page as (select key from numbers where key > coalesce(p_after, '') order by key limit p_batch),
         written as (insert into done select key from page returning key)
    select max(key), count(*) into last_key, rows from written;
    return next;
  end $$;
  -- migrate: batched
  select * from do_batch(:after, :batch);
`;
const doneOnce = () => db.rows(`select count(*)::integer as rows, count(distinct key)::integer as keys from done`);

describe('the ledger', () => {
  test('a second run does nothing', async () => {
    const migrations = await files('create table a ()', 'create table b (); insert into b default values');
    expect(await db.migrate({ migrations })).toEqual({ complete: true, applied: ['000_file.sql', '001_file.sql'] });
    expect(await db.migrate({ migrations })).toEqual({ complete: true, applied: [] });
    expect(await db.rows('select 1 from b')).toHaveLength(1);
    const ledger = await db.rows(
      `select name, checksum, next_step, applied_at is not null as applied from project_versions_migrations order by 1`,
    );
    expect(ledger).toEqual(migrations.map(({ name, checksum }) => ({ name, checksum, next_step: 1, applied: true })));
  });

  test('a changed file that is applied is an error that names it', async () => {
    await db.migrate({ migrations: await files('create table a ()', 'create table b ()') });
    await expect(db.migrate({ migrations: await files('create table a ()', 'create table b2 ()') })).rejects.toThrow(
      /^migrations\/001_file\.sql was applied to this database with other contents \(SHA-256 [0-9a-f]{12}, now [0-9a-f]{12}\): put the file back/,
    );
    expect(await tableExists('b2')).toBe(false);
  });

  test('a database that is ahead of the code is accepted, and nothing is undone', async () => {
    const [older, newer] = [await files('create table a ()'), await files('create table a ()', 'create table b ()')];
    await db.migrate({ migrations: newer });
    expect(await db.migrate({ migrations: older })).toEqual({ complete: true, applied: [] });
    expect(await tableExists('b')).toBe(true);
  });

  test('a file that failed half-way is repaired by editing what has not run', async () => {
    const broken = 'create table a ();\n-- migrate: transaction\nselect 1 / 0;';
    await expect(db.migrate({ migrations: await files(broken) })).rejects.toThrow(
      'migrations/000_file.sql:3 (step 2 of 2) failed: division by zero (SQLSTATE 22012); ' +
        'nothing of this step was kept; what came before it was, and the next deployment goes on here',
    );
    expect(await tableExists('a')).toBe(true);
    await expect(db.migrate({ migrations: await files(broken.replace('table a', 'table c')) })).rejects.toThrow(
      'was applied up to step 1 to this database with other contents',
    );
    const repaired = await files(broken.replace('1 / 0', '1'));
    expect(await db.migrate({ migrations: repaired })).toMatchObject({ complete: true });
  });

  test('a failed step leaves nothing behind', async () => {
    await expect(db.migrate({ migrations: await files('create table a (); create table a ();') })).rejects.toThrow(
      '42P07',
    );
    expect(await tableExists('a')).toBe(false);
  });

  test('a batched step writes each row once, in several batches', async () => {
    expect(await db.migrate({ migrations: await files(NUMBERS) })).toMatchObject({ complete: true });
    expect(await doneOnce()).toEqual([{ rows: 2500, keys: 2500 }]);
    expect(await db.rows('select rows_done::integer from project_versions_migrations')).toEqual([{ rows_done: 2500 }]);
  });

  test('a batch that is too slow for the Data API is made smaller', async () => {
    const slow = NUMBERS.replace('return next;', 'perform pg_sleep(rows * 0.0005); return next;');
    await db.owner.query(`alter role ${db.test.user} set statement_timeout = '300ms'`);
    expect(await db.migrate({ migrations: await files(slow) })).toMatchObject({ complete: true });
    expect(await doneOnce()).toEqual([{ rows: 2500, keys: 2500 }]);
  });
});

describe('the lease', () => {
  test('two at once apply everything once, and one of them waits for the other by name', async () => {
    const migrations = await files('select pg_sleep(0.4); create table a ();', NUMBERS);
    const first = db.migrate({ migrations, holder: 'deployment one' });
    await sleep(200);
    const second = await db.migrate({ migrations, holder: 'deployment two' });
    expect(second).toMatchObject({
      complete: false,
      waiting: expect.stringMatching(/^deployment one is applying migrations; its lease ends in \d+ s/),
    });
    expect(await first).toMatchObject({ complete: true });
    expect(await db.migrate({ migrations, holder: 'deployment two' })).toEqual({ complete: true, applied: [] });
    expect(await doneOnce()).toEqual([{ rows: 2500, keys: 2500 }]);
  });

  test('a stale holder is refused', async () => {
    const migrations = await files(
      'create table a ()',
      `select pg_sleep(0.3)`,
      'create table b (); insert into b default values',
    );
    // Both say they are the same deployment: the second was started because the first was taken for dead.
    const stale = db.migrate({ migrations, holder: 'one deployment' });
    await sleep(150);
    const takesOver = async () => {
      for (;;) {
        const outcome = await db.migrate({ migrations, holder: 'one deployment' });
        if (outcome.complete) return outcome;
      }
    };
    const [lost, took] = await Promise.all([stale, takesOver()]);
    expect(took.complete).toBe(true);
    expect(lost).toEqual({ complete: false, waiting: 'another deployment has taken over the migrations' });
    expect(await db.rows('select 1 from b')).toHaveLength(1);
  });

  test('an expired one is taken over; a failed run gives it back', async () => {
    await expect(db.migrate({ migrations: await files('select 1 / 0'), holder: 'failed' })).rejects.toThrow();
    expect(await db.rows(`select holder from project_versions_migration_lease`)).toEqual([{ holder: null }]);
    await db.owner.query(
      `update project_versions_migration_lease set holder = 'dead', expires_at = now() + interval '1 hour'`,
    );
    expect(await db.migrate({ migrations: await files('select 1') })).toMatchObject({
      complete: false,
      waiting: /^dead is/,
    });
    await db.owner.query(`update project_versions_migration_lease set expires_at = now() - interval '1 s'`);
    expect(await db.migrate({ migrations: await files('select 1') })).toMatchObject({ complete: true });
  });
});

describe('other sessions', () => {
  test('DDL never queues for long: it gives up, lets others pass, and comes again', async () => {
    await db.owner.query('create table busy (a integer)');
    await db.owner.query('begin; select * from busy');
    const migration = db.migrate({ migrations: await files('alter table busy add column b integer') });
    await sleep(700);
    const began = performance.now();
    await db.admin.query('select * from busy');
    expect(performance.now() - began).toBeLessThan(600);
    await db.owner.query('commit');
    expect(await migration).toMatchObject({ complete: true });
  });

  test('a lock that is never released is named when the time is over', async () => {
    await db.owner.query('create table busy (a integer)');
    await db.owner.query('begin; select * from busy');
    const migrations = await files('alter table busy add column b integer');
    expect(await db.migrate({ migrations, ...soon(1_200) })).toEqual({
      complete: false,
      waiting: 'canceling statement due to lock timeout (SQLSTATE 55P03)',
    });
    await db.owner.query('rollback');
  });
});

describe('indexes built concurrently', () => {
  const INDEX =
    'create table t (a integer);\n-- migrate: concurrently\ncreate unique index concurrently if not exists t_a on t (a);';
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
      -- migrate: concurrently
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
    const migrations = await files('-- migrate: concurrently\ndrop index concurrently if exists t_a');
    expect(await db.migrate({ migrations })).toMatchObject({ complete: true });
    expect(await valid()).toEqual([]);
  });
});

describe('the preflight says what is missing before anything is changed', () => {
  const failing = async () => {
    const failure = await db.migrate({ migrations: await files('create table a ()') }).catch((error: Error) => error);
    expect(await tableExists('project_versions_migrations')).toBe(false);
    return (failure as Error).message;
  };

  test('a table that belongs to another role', async () => {
    const owner = `owner_${db.test.user}`;
    await db.admin.query(
      `create role ${owner}; create table project_versions_metadata (); alter table project_versions_metadata owner to ${owner}`,
    );
    expect(await failing()).toBe(
      `role "${db.test.user}" must own table public.project_versions_metadata, its owner is "${owner}": run, as "${owner}" or an ` +
        `administrator, grant "${owner}" to "${db.test.user}" (or configure the secret of the owner)`,
    );
    // And what it says helps.
    await db.admin.query(
      `drop table project_versions_metadata; create table project_versions_backup (); alter table project_versions_backup owner to ${owner}`,
    );
    await db.admin.query(`grant ${owner} to ${db.test.user}`);
    expect(await db.migrate()).toMatchObject({ complete: true });
    await db.admin.query(`drop owned by ${owner}; drop role ${owner}`);
  });

  test('a schema it may not create in', async () => {
    await db.admin.query(`alter schema public owner to postgres; revoke all on schema public from public`);
    expect(await failing()).toMatch(
      /^role "\w+" may not create tables in schema public .* grant usage, create on schema public to "\w+"$/,
    );
  });

  test('no schema', async () => {
    await db.admin.query('drop schema public');
    const failure = await db.migrate().catch((error: Error) => error);
    expect((failure as Error).message).toMatch(/has no schema public: create it \(create schema public authorization/);
  });

  test('a view of that name', async () => {
    await db.owner.query('create view project_versions as select 1 as version_id');
    expect(await failing()).toBe(
      'public.project_versions is not an ordinary table (relkind v): rename it, or use another database',
    );
  });

  test('another table of that name', async () => {
    await db.owner.query('create table project_versions (version_id text primary key, project_id text)');
    expect(await failing()).toMatch(
      /^table public.project_versions has no column user_id, status, prompt, created_at, updated_at: it is not/,
    );
  });

  test('version_id without a unique key', async () => {
    await db.owner.query(`create table project_versions (version_id text, project_id text, user_id text, status text, prompt text,
                            created_at timestamptz, updated_at timestamptz)`);
    expect(await failing()).toMatch(/no unique key on version_id: run create unique index concurrently/);
  });
});
