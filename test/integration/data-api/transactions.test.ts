import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { param, type TestEndpoint, testEndpoint } from '../../support/data-api.ts';

let data: TestEndpoint;
beforeAll(async () => {
  data = await testEndpoint({ limits: { transactionIdleMs: 900, transactionMs: 2500, statementMs: 5000 } });
  await data.execute('create table entry (id int primary key)');
});
afterAll(() => data.close());

const inside = (transactionId: string) => (sql: string) => data.execute(sql, [], { transactionId });
const count = async (where: string) => (await data.value(`select count(*) from entry where ${where}`))?.longValue;

describe.concurrent('a transaction', () => {
  test('is seen by nobody until it is committed', async () => {
    const id = await data.begin();
    await inside(id)('insert into entry values (1)');
    expect(await count('id = 1')).toBe(0);
    await data.commit(id);
    expect(await count('id = 1')).toBe(1);
  });

  test('is gone after commit and after rollback (R)', async () => {
    const [committed, rolledBack] = [await data.begin(), await data.begin()];
    await data.commit(committed);
    await data.rollback(rolledBack);
    for (const id of [committed, rolledBack, 'never given']) {
      for (const call of [inside(id)('select 1'), data.commit(id), data.rollback(id)]) {
        await expect(call).rejects.toMatchObject({
          name: 'TransactionNotFoundException',
          message: `Transaction ${id} isn't found. Transaction may be expired.`,
          $metadata: { httpStatusCode: 404 },
        });
      }
    }
  });

  test('ends when nobody uses it (D: 3 minutes), rolled back, its locks free; each use starts the time anew', async () => {
    const id = await data.begin();
    await inside(id)('insert into entry values (2)');
    for (let i = 0; i < 3; i++) {
      await sleep(400);
      await inside(id)('select 1');
    }
    await sleep(1200);
    await expect(data.commit(id)).rejects.toThrow('Transaction may be expired.');
    expect((await data.execute('insert into entry values (2)')).numberOfRecordsUpdated).toBe(1);
  });

  test('ends after its whole time although it is in use (D: 24 hours)', async () => {
    const id = await data.begin();
    const started = Date.now();
    let failure: unknown;
    while (failure === undefined && Date.now() - started < 4000) {
      await sleep(100);
      failure = await inside(id)('select 1')
        .catch((error: unknown) => error)
        .then((one) => (one instanceof Error ? one : undefined));
    }
    expect(failure).toMatchObject({
      name: 'TransactionNotFoundException',
      message: expect.stringContaining('Transaction may be expired.'),
    });
    expect(Date.now() - started).toBeGreaterThan(2000);
  });

  test('takes one statement at a time (R)', async () => {
    const id = await data.begin();
    const first = inside(id)('select pg_sleep(2)');
    await sleep(100);
    const busy = { name: 'DatabaseErrorException', message: 'Transaction is still running a query' };
    await expect(inside(id)('select 1')).rejects.toMatchObject(busy);
    await expect(data.commit(id)).rejects.toMatchObject(busy);
    await first;
    await data.commit(id);
  });

  test('50 calls on one transaction at once: each runs alone or is told so, and none is lost (R)', async () => {
    const id = await data.begin();
    const calls = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) => inside(id)(`insert into entry values (${1000 + n})`)),
    );
    const ran = calls.filter(({ status }) => status === 'fulfilled').length;
    for (const call of calls)
      if (call.status === 'rejected') expect(call.reason.message).toBe('Transaction is still running a query');
    await data.commit(id);
    expect(ran).toBeGreaterThan(0);
    expect(await count('id >= 1000')).toBe(ran);
  });

  test('after an error takes no more statements and no commit (R), but a rollback (R)', async () => {
    const id = await data.begin();
    await inside(id)('insert into entry values (3)');
    await expect(inside(id)('select 1/0')).rejects.toThrow('SQLState: 22012');
    const aborted = `Transaction ${id} isn't found. Transaction has been aborted due to an error from a previous call.`;
    await expect(inside(id)('select 1')).rejects.toMatchObject({
      name: 'TransactionNotFoundException',
      message: aborted,
    });
    await expect(data.commit(id)).rejects.toMatchObject({ name: 'TransactionNotFoundException', message: aborted });
    expect((await data.rollback(id)).transactionStatus).toBe('Rollback Complete');
    expect(await count('id = 3')).toBe(0);
  });

  test('goes on after an error that is rolled back to a savepoint (?)', async () => {
    const id = await data.begin();
    await inside(id)('insert into entry values (4)');
    await inside(id)('savepoint before');
    await expect(inside(id)('insert into entry values (4)')).rejects.toThrow('SQLState: 23505');
    await inside(id)('rollback to savepoint before');
    await data.commit(id);
    expect(await count('id = 4')).toBe(1);
  });

  test('a request that is wrong before it reaches the database does it no harm', async () => {
    const id = await data.begin();
    await expect(inside(id)('select :missing')).rejects.toThrow('Cannot find parameter');
    await expect(inside(id)('select 1')).resolves.toBeDefined();
    await data.commit(id);
  });

  test('belongs to the secret it was begun with (?)', async () => {
    const id = await data.begin();
    const secretArn = `${data.target.secretArn}-wrong-password`;
    await expect(data.execute('select 1', [], { transactionId: id, secretArn })).rejects.toMatchObject({
      name: 'BadRequestException',
    });
    await data.rollback(id);
  });

  test('a raw COMMIT commits, and the id stays good (R: the service still counts it as open)', async () => {
    const id = await data.begin();
    await inside(id)('insert into entry values (5)');
    await inside(id)('commit');
    expect(await count('id = 5')).toBe(1);
    await inside(id)('insert into entry values (6)');
    expect(await count('id = 6')).toBe(0);
    await data.rollback(id);
    expect(await count('id = 6')).toBe(0);
  });

  test('a connection PostgreSQL closes is a 504, and the transaction is gone', async () => {
    const id = await data.begin();
    const pid = (await inside(id)('select pg_backend_pid()')).records?.[0]?.[0]?.longValue as number;
    await data.execute('select pg_terminate_backend(:pid::int)', [param('pid', { longValue: pid })]);
    await expect(inside(id)('select 1')).rejects.toMatchObject({
      $metadata: { httpStatusCode: expect.toSatisfy((status) => status === 504 || status === 400) },
    });
    await expect(inside(id)('select 1')).rejects.toMatchObject({ name: 'TransactionNotFoundException' });
  });
});

describe('without a transaction id nothing stays behind', () => {
  test('raw begin and commit are accepted, and no transaction leaks into the next request (R)', async () => {
    await data.execute('begin');
    await data.execute('insert into entry values (7)');
    expect(await count('id = 7')).toBe(1);
    await data.execute('rollback');
    expect(await count('id = 7')).toBe(1);
    await data.execute('commit');
    await data.execute('start transaction');
    // Answered first, then ended.
    await expect
      .poll(() =>
        data.value(
          "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
        ),
      )
      .toEqual({ longValue: 0 });
  });

  test('settings, prepared statements, temporary tables and advisory locks of one request are not in the next', async () => {
    await data.execute("set statement_timeout = '1234ms'");
    await data.execute("select set_config('app.user_id', 'u1', false)");
    await data.execute('prepare p as select 1');
    await data.execute('create temp table scratch (id int)');
    await data.execute('select pg_advisory_lock(42)');
    for (let i = 0; i < 5; i++) {
      const { records } =
        await data.execute(`select current_setting('statement_timeout'), coalesce(current_setting('app.user_id', true), ''),
        (select count(*) from pg_prepared_statements where name = 'p'), to_regclass('scratch') is null, (select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database()))`);
      expect(records).toEqual([
        [{ stringValue: '0' }, { stringValue: '' }, { longValue: 0 }, { booleanValue: true }, { longValue: 0 }],
      ]);
    }
  });

  test('200 requests at once are all answered, with at most 40 connections', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => data.execute('select :n, pg_sleep(0.01)', [param('n', { longValue: n })])),
    );
    expect(answers.map(({ records }) => records?.[0]?.[0]?.longValue)).toEqual(
      Array.from({ length: 200 }, (_, n) => n),
    );
    const open = await data.value('select count(*) from pg_stat_activity where datname = current_database()');
    expect(open?.longValue).toBeLessThanOrEqual(40);
  });
});
