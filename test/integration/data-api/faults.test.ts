import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FaultSpec } from '../../../infra/local/data-api/faults.ts';
import { param, type TestEndpoint, testEndpoint } from '../../support/data-api.ts';

let data: TestEndpoint;
/** The same endpoint through an SDK with its default retries. */
let retrying: RDSDataClient;
beforeAll(async () => {
  data = await testEndpoint();
  retrying = new RDSDataClient({
    endpoint: data.api.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  await data.execute('create table effect (id int)');
});
afterAll(async () => {
  retrying.destroy();
  await data.close();
});
afterEach(() => data.api.faults.clear());

const write = (id: number) => data.execute('insert into effect values (:id)', [param('id', { longValue: id })]);
const effects = async (id: number) =>
  (await data.value('select count(*) from effect where id = :id', param('id', { longValue: id })))?.longValue;
const retriedWrite = (id: number) =>
  retrying.send(new ExecuteStatementCommand({ ...data.target, sql: `insert into effect values (${id})` }));

describe('a fault and what is left after it', () => {
  test.each([
    ['resuming', { name: 'DatabaseResumingException', $metadata: { httpStatusCode: 400 } }, 0],
    ['throttled', { name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } }, 0],
    ['internal-error', { name: 'InternalServerErrorException', $metadata: { httpStatusCode: 500 } }, 0],
    ['service-unavailable', { name: 'ServiceUnavailableError', $metadata: { httpStatusCode: 503 } }, 0],
    ['unavailable', { name: 'DatabaseUnavailableException', $metadata: { httpStatusCode: 504 } }, 0],
    ['unavailable-after', { name: 'DatabaseUnavailableException', $metadata: { httpStatusCode: 504 } }, 1],
    ['dropped-before', { code: expect.stringMatching(/ECONNRESET|EPIPE/) }, 0],
    ['dropped-after', { code: expect.stringMatching(/ECONNRESET|EPIPE/) }, 1],
    [
      'oversize',
      { name: 'BadRequestException', message: 'Database returned more than the allowed response size limit' },
      1,
    ],
  ] as const)('%s', async (kind, error, written) => {
    const id = Math.floor(Math.random() * 1e9);
    data.api.faults.add({ kind, operation: 'Execute' });
    await expect(write(id)).rejects.toMatchObject(error);
    expect(await effects(id)).toBe(written);
    await write(id);
    expect(await effects(id)).toBe(written + 1);
  });

  test('500, 503 and 504 carry no message (M)', async () => {
    data.api.faults.add({ kind: 'internal-error' });
    const answer = await data.raw('/Execute', JSON.stringify({ ...data.target, sql: 'select 1' }));
    expect([answer.status, await answer.json()]).toEqual([500, {}]);
  });

  test('slow: the right answer, late', async () => {
    data.api.faults.add({ kind: 'slow', delayMs: 300 });
    const started = Date.now();
    expect(await data.value('select 1')).toEqual({ longValue: 1 });
    expect(Date.now() - started).toBeGreaterThanOrEqual(295);
  });

  test('timeout-continues: the error at once, the effect later', async () => {
    data.api.faults.add({ kind: 'timeout-continues' });
    await expect(data.execute('with w as (insert into effect values (-1)) select pg_sleep(0.3)')).rejects.toMatchObject(
      {
        name: 'StatementTimeoutException',
        dbConnectionId: expect.any(Number),
      },
    );
    expect(await effects(-1)).toBe(0);
    await expect.poll(() => effects(-1), { timeout: 5000 }).toBe(1);
  });

  test('expired-transaction: what it did is rolled back', async () => {
    const transactionId = await data.begin();
    await data.execute('insert into effect values (-2)', [], { transactionId });
    data.api.faults.add({ kind: 'expired-transaction', operation: 'CommitTransaction' });
    await expect(data.commit(transactionId)).rejects.toMatchObject({
      name: 'TransactionNotFoundException',
      message: expect.stringContaining('Transaction may be expired.'),
    });
    expect(await effects(-2)).toBe(0);
  });

  test('oversize loses an open transaction (R)', async () => {
    const transactionId = await data.begin();
    data.api.faults.add({ kind: 'oversize' });
    await expect(data.execute('insert into effect values (-3)', [], { transactionId })).rejects.toThrow('size limit');
    await expect(data.commit(transactionId)).rejects.toThrow(
      'One previous call resulted in a termination of your transaction.',
    );
    expect(await effects(-3)).toBe(0);
  });

  test('504 after the commit of a transaction: it is committed, and the id is gone', async () => {
    const transactionId = await data.begin();
    await data.execute('insert into effect values (-4)', [], { transactionId });
    data.api.faults.add({ kind: 'unavailable-after', operation: 'CommitTransaction' });
    await expect(data.commit(transactionId)).rejects.toMatchObject({ name: 'DatabaseUnavailableException' });
    await expect(data.commit(transactionId)).rejects.toMatchObject({ name: 'TransactionNotFoundException' });
    expect(await effects(-4)).toBe(1);
  });
});

describe('which requests a fault strikes', () => {
  const strikes = async (fault: FaultSpec, requests: number) => {
    data.api.faults.add(fault);
    const outcomes: string[] = [];
    for (let i = 0; i < requests; i++)
      outcomes.push(
        await data.execute('select 1').then(
          () => '.',
          () => 'x',
        ),
      );
    data.api.faults.clear();
    return outcomes.join('');
  };

  test('by count, after those skipped', async () => {
    expect(await strikes({ kind: 'throttled' }, 3)).toBe('x..');
    expect(await strikes({ kind: 'throttled', count: 2, skip: 1 }, 5)).toBe('.xx..');
  });

  test('by a probability and a seed: the same each time', async () => {
    const fault = { kind: 'throttled', count: 1000, probability: 0.3 } as const;
    const [one, again, other] = [
      await strikes({ ...fault, seed: 7 }, 60),
      await strikes({ ...fault, seed: 7 }, 60),
      await strikes({ ...fault, seed: 8 }, 60),
    ];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
    expect(one.match(/x/g)?.length).toBeGreaterThan(8);
    expect(one.match(/x/g)?.length).toBeLessThan(30);
  });

  test('by operation and by text', async () => {
    data.api.faults.add(
      { kind: 'throttled', operation: ['BeginTransaction', 'CommitTransaction'], count: 2 },
      { kind: 'internal-error', sql: 'from effect' },
    );
    await expect(data.begin()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(await data.value('select 1')).toEqual({ longValue: 1 });
    await expect(data.execute('select count(*) from effect')).rejects.toMatchObject({
      name: 'InternalServerErrorException',
    });
    expect(data.api.faults.list()).toMatchObject([
      { kind: 'throttled', struck: 1 },
      { kind: 'internal-error', struck: 1 },
    ]);
  });

  test('resuming for a time: as long as a paused cluster takes', async () => {
    data.api.faults.add({ kind: 'resuming', delayMs: 400 });
    const started = Date.now();
    let calls = 0;
    const answered = async (): Promise<boolean> => {
      calls++;
      return await data.execute('select 1').then(
        () => true,
        () => false,
      );
    };
    await expect.poll(answered, { interval: 50, timeout: 5000 }).toBe(true);
    expect(Date.now() - started).toBeGreaterThanOrEqual(400);
    expect(calls).toBeGreaterThan(2);
  });

  test('a fault that does not exist is refused, and said to be', () => {
    expect(() => data.api.faults.add({ kind: 'earthquake' } as unknown as FaultSpec)).toThrow(/Not a fault.*resuming/s);
    expect(() => data.api.faults.add({ kind: 'slow', after: 3 } as FaultSpec)).toThrow(/after/);
  });
});

describe('over HTTP, for an endpoint that is a process of its own', () => {
  const control = (method: string, body?: string) =>
    fetch(`${data.api.url}/_faults`, { method, ...(body === undefined ? {} : { body }) });

  test('POST adds, GET lists with strikes, DELETE clears', async () => {
    expect(await (await control('POST', '{"kind":"throttled","count":2}')).json()).toMatchObject([
      { kind: 'throttled', count: 2, struck: 0 },
    ]);
    await expect(data.execute('select 1')).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(await (await control('GET')).json()).toMatchObject([{ kind: 'throttled', count: 2, struck: 1 }]);
    expect(await (await control('DELETE')).json()).toEqual([]);
    expect(await data.value('select 1')).toEqual({ longValue: 1 });
  });

  test('what is no fault is a 400 that says why', async () => {
    const answer = await control('POST', '[{"kind":"nothing"}]');
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('Not a fault')]);
    expect((await control('POST', '{')).status).toBe(400);
  });
});

describe('what the SDK does with them (M: client-rds-data 3.1143)', () => {
  test.each(['throttled', 'internal-error', 'service-unavailable', 'unavailable'] as const)(
    '%s: three calls in all',
    async (kind) => {
      data.api.faults.add({ kind, count: 2 });
      expect((await retriedWrite(1)).$metadata.attempts).toBe(3);
      data.api.faults.clear();
      data.api.faults.add({ kind, count: 3 });
      await expect(retriedWrite(1)).rejects.toMatchObject({ $metadata: { attempts: 3 } });
    },
  );

  test.each(['resuming', 'oversize', 'timeout-continues'] as const)('%s: not repeated', async (kind) => {
    data.api.faults.add({ kind, count: 2 });
    await expect(retriedWrite(2)).rejects.toMatchObject({ $metadata: { attempts: 1 } });
    expect(data.api.faults.list()).toMatchObject([{ struck: 1 }]);
  });

  test('a 504 after the commit is repeated: a write that is not safe to repeat happens twice', async () => {
    data.api.faults.add({ kind: 'unavailable-after' });
    expect((await retriedWrite(3)).$metadata.attempts).toBe(2);
    expect(await effects(3)).toBe(2);
  });

  test('a connection that breaks after the commit is repeated too', async () => {
    data.api.faults.add({ kind: 'dropped-after' });
    expect((await retriedWrite(4)).$metadata.attempts).toBe(2);
    expect(await effects(4)).toBe(2);
  });
});
