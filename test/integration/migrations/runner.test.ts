import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LegacyDatabase, legacyDatabase } from '../../support/legacy-database.ts';
import { files } from '../../support/migration-files.ts';
import { eventually } from '../../support/wait.ts';

let db: LegacyDatabase;
beforeEach(async () => {
  db = await legacyDatabase();
});
afterEach(() => db.close());

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
      `select name, checksum, next_step, applied_at is not null as applied from version_history.migrations order by 1`,
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
    expect(await db.rows('select rows_done::integer from version_history.migrations')).toEqual([{ rows_done: 2500 }]);
  });

  test('a batch that is too slow for the Data API is made smaller', async () => {
    const slow = NUMBERS.replace('return next;', 'perform pg_sleep(rows * 0.0004); return next;');
    await db.owner.query(`alter role ${db.test.user} set statement_timeout = '300ms'`);
    expect(await db.migrate({ migrations: await files(slow) })).toMatchObject({ complete: true });
    expect(await doneOnce()).toEqual([{ rows: 2500, keys: 2500 }]);
  });
});

/** Until a file is begun. */
const atWork = (file = '000_file.sql') =>
  eventually(`${file} is begun`, async () => {
    const { rows } = await db.admin.query(`select to_regclass('version_history.migrations') is not null as there`);
    return (
      rows[0].there && (await db.rows(`select from version_history.migrations where name = '${file}'`)).length === 1
    );
  });

describe('the lease', () => {
  test('two at once apply everything once, and one of them waits for the other by name', async () => {
    const migrations = await files('select pg_sleep(0.4); create table a ();', NUMBERS);
    const first = db.migrate({ migrations, holder: 'deployment one' });
    await atWork();
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
      // The lease can be taken between two steps, and whoever waits for its row waits for a tenth of a second: each step is shorter.
      '-- migrate: transaction\nselect pg_sleep(0.02);\n'.repeat(15),
      'create table b (); insert into b default values',
    );
    // Both say they are the same deployment: the second was started because the first was taken for dead.
    const stale = db.migrate({ migrations, holder: 'one deployment' });
    await atWork('001_file.sql');
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
    expect(await db.rows(`select holder from version_history.migration_lease`)).toEqual([{ holder: null }]);
    await db.owner.query(
      `update version_history.migration_lease set holder = 'dead', expires_at = now() + interval '1 hour'`,
    );
    expect(await db.migrate({ migrations: await files('select 1') })).toMatchObject({
      complete: false,
      waiting: /^dead is/,
    });
    await db.owner.query(`update version_history.migration_lease set expires_at = now() - interval '1 s'`);
    expect(await db.migrate({ migrations: await files('select 1') })).toMatchObject({ complete: true });
  });
});

describe('other sessions', () => {
  test('DDL never queues for long: it gives up, lets others pass, and comes again', async () => {
    await db.owner.query('create table busy (a integer)');
    await db.owner.query('begin; select * from busy');
    const migration = db.migrate({ migrations: await files('alter table busy add column b integer') });
    // A reader that comes again and again while it waits: behind the change at most as long as that waits itself.
    const waits: number[] = [];
    for (const end = Date.now() + 1_500; Date.now() < end; await sleep(5)) {
      const began = performance.now();
      await db.admin.query('select * from busy');
      waits.push(performance.now() - began);
    }
    expect(Math.max(...waits)).toBeLessThan(350);
    expect(Math.max(...waits), 'the change was waiting').toBeGreaterThan(50);
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
