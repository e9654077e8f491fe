import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../infra/local/data-api/limits.ts';
import { type TestEndpoint, testEndpoint } from '../../support/data-api.ts';

const warnings: string[] = [];
let data: TestEndpoint;
/** One whose statements may take half a second. */
let hasty: TestEndpoint;
beforeAll(async () => {
  data = await testEndpoint({ warn: (message) => warnings.push(message) });
  hasty = await testEndpoint({ limits: { statementMs: 500 } });
  await hasty.execute('create table written (n int, fat text)');
  await data.execute('create table written (n int, fat text)');
});
afterAll(() => Promise.all([data.close(), hasty.close()]));

const countIn = (endpoint: TestEndpoint) => async (n: number) =>
  (await endpoint.value(`select count(*) from written where n = ${n}`))?.longValue;
const written = (n: number) => countIn(data)(n);
const done = (n: number) => countIn(hasty)(n);
const running = async (text: string) =>
  (
    await hasty.value(`select count(*) from pg_stat_activity
      where query like '%${text}%' and state = 'active' and pid <> pg_backend_pid() and datname = current_database()`)
  )?.longValue;

test('the limits are those of the service (M, D)', () => {
  expect(DEFAULT_LIMITS).toMatchObject({
    sqlCharacters: 65_536,
    requestBytes: 4_194_304,
    answerBytes: 1_048_576,
    formattedBytes: 10_485_760,
    rowBytes: 65_536,
    statementMs: 45_000,
    transactionIdleMs: 180_000,
    transactionMs: 86_400_000,
  });
});

describe('an answer over 1 MiB (D)', () => {
  const tooLarge = {
    message: 'Database returned more than the allowed response size limit',
    $metadata: { httpStatusCode: 400 },
  };

  test('is refused, just under it is not', async () => {
    const rows = (n: number) => data.execute(`select repeat('x', 1000) from generate_series(1, ${n})`);
    expect((await rows(1000)).records).toHaveLength(1000);
    await expect(rows(1030)).rejects.toMatchObject(tooLarge);
  });

  test('a result without end is stopped soon', async () => {
    const started = Date.now();
    await expect(data.execute('select generate_series(1, 1000000000)')).rejects.toMatchObject({
      message: expect.stringMatching(/size limit/),
    });
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(await data.value('select 1')).toEqual({ longValue: 1 });
  });

  test('loses an open transaction (R)', async () => {
    const transactionId = await data.begin();
    await data.execute('insert into written values (1)', [], { transactionId });
    await expect(data.execute("select repeat('x', 2000000)", [], { transactionId })).rejects.toMatchObject(tooLarge);
    await expect(data.commit(transactionId)).rejects.toMatchObject({
      name: 'TransactionNotFoundException',
      message: `Transaction ${transactionId} isn't found. One previous call resulted in a termination of your transaction.`,
    });
    expect(await written(1)).toBe(0);
  });

  test('does not undo a write that returns too much (?)', async () => {
    await expect(data.execute("insert into written values (2) returning repeat('x', 2000000)")).rejects.toMatchObject(
      tooLarge,
    );
    expect(await written(2)).toBe(1);
  });

  test('formattedRecords may be longer than that (D: 10 MB), what the database sends may not', async () => {
    const label = 'a_rather_long_label_that_is_repeated_in_each_row';
    const answer = await data.execute(`select n as ${label} from generate_series(1, 30000) n`, [], {
      formatRecordsAs: 'JSON',
    });
    expect(answer.formattedRecords?.length).toBeGreaterThan(1_048_576);
    await expect(
      data.execute("select repeat('x', 2000000) as x", [], { formatRecordsAs: 'JSON' }),
    ).rejects.toMatchObject(tooLarge);
  });
});

describe('a row over 64 KB', () => {
  test('is returned, with a warning that holds no data (D limit, ? not enforced)', async () => {
    warnings.length = 0;
    expect((await data.value("select repeat('secret', 12000)"))?.stringValue).toHaveLength(72_000);
    expect(warnings).toEqual([expect.stringMatching(/^a row of 72000 bytes: the documented limit is 65536/)]);
    await data.execute("select repeat('x', 40000) from generate_series(1, 2)");
    expect(warnings).toHaveLength(1);
  });

  test('is an error in strict mode (D)', async () => {
    const strict = await testEndpoint({ strict: true });
    await expect(strict.execute("select repeat('x', 66000)")).rejects.toMatchObject({ name: 'BadRequestException' });
    expect((await strict.execute("select repeat('x', 65000)")).records).toHaveLength(1);
    await strict.close();
  });
});

test('a request over 4 MiB is rejected (D)', async () => {
  const body = JSON.stringify({
    ...data.target,
    sql: 'select :p',
    parameters: [{ name: 'p', value: { stringValue: 'x'.repeat(4 * 1024 * 1024) } }],
  });
  const answer = await data.raw('/Execute', body);
  expect([answer.status, ((await answer.json()) as { message: string }).message]).toEqual([
    400,
    expect.stringMatching(/at most 4194304/),
  ]);
});

describe.concurrent('a statement over its time (D: 45 s)', () => {
  test('is a StatementTimeoutException that names the connection, and is cancelled (D)', async () => {
    const started = Date.now();
    await expect(hasty.execute('select pg_sleep(21)')).rejects.toMatchObject({
      name: 'StatementTimeoutException',
      dbConnectionId: expect.any(Number),
      $metadata: { httpStatusCode: 400 },
    });
    expect(Date.now() - started).toBeLessThan(3000);
    expect(await running('pg_sleep(21)')).toBe(0);
  });

  test('a write that was cancelled is undone', async () => {
    await expect(hasty.execute('with w as (insert into written values (3)) select pg_sleep(20)')).rejects.toMatchObject(
      {
        name: 'StatementTimeoutException',
      },
    );
    expect(await done(3)).toBe(0);
  });

  test('with continueAfterTimeout the caller still gets the error and the statement goes on (D)', async ({
    expect,
  }) => {
    const sql = 'with w as (insert into written values (4)) select pg_sleep(1.2)';
    await expect(hasty.execute(sql, [], { continueAfterTimeout: true })).rejects.toMatchObject({
      name: 'StatementTimeoutException',
    });
    expect(await running('values (4)')).toBe(1);
    expect(await done(4)).toBe(0);
    await expect.poll(() => done(4), { timeout: 4000 }).toBe(1);
  });

  test('ends the transaction it is in; with continueAfterTimeout that is busy until the statement has ended (?)', async () => {
    const cancelled = await hasty.begin();
    await expect(hasty.execute('select pg_sleep(20)', [], { transactionId: cancelled })).rejects.toMatchObject({
      name: 'StatementTimeoutException',
    });
    await expect(hasty.commit(cancelled)).rejects.toThrow(
      'One previous call resulted in a termination of your transaction.',
    );

    const transactionId = await hasty.begin();
    const sql = 'with w as (insert into written values (5)) select pg_sleep(1.2)';
    await expect(hasty.execute(sql, [], { transactionId, continueAfterTimeout: true })).rejects.toMatchObject({
      name: 'StatementTimeoutException',
    });
    await expect(hasty.commit(transactionId)).rejects.toThrow('Transaction is still running a query');
    await sleep(1100);
    await hasty.commit(transactionId);
    expect(await done(5)).toBe(1);
  });

  test('a late cancel never hits another request', async () => {
    const slow = Array.from({ length: 6 }, () => hasty.execute('select pg_sleep(0.499)').catch(() => 'timed out'));
    const quick = (async () => {
      for (let i = 0; i < 100; i++) await hasty.value('select 1');
    })();
    await Promise.all([...slow, quick]);
  });
});
