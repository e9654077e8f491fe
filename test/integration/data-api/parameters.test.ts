import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { param, type TestEndpoint, testEndpoint } from '../../support/data-api.ts';

let data: TestEndpoint;
beforeAll(async () => {
  data = await testEndpoint();
  await data.execute(
    'create table wide (id uuid, at timestamptz, doc jsonb, n int, price numeric, day date, hour time, body bytea, ok bool, words text)',
  );
});
afterAll(() => data.close());

const text = (name: string, stringValue: string, hint?: Parameters<typeof param>[2]) =>
  param(name, { stringValue }, hint);
const UUID = '9f0c2a34-1111-4222-8333-444455556666';

test('with typed nulls a statement that counts on an untyped one fails, and one that casts does not', async () => {
  const typed = await testEndpoint({ nulls: 'text' });
  try {
    await typed.execute('create table numbers (n bigint)');
    const nothing = [param('p', { isNull: true })];
    await expect(typed.execute('insert into numbers values (:p)', nothing)).rejects.toThrow(/SQLState: 42804/);
    await typed.execute('insert into numbers values (:p::bigint)', nothing);
    expect(await typed.value('select pg_typeof(:p)::text', ...nothing)).toEqual({ stringValue: 'text' });
  } finally {
    await typed.close();
  }
});

describe('types parameters are declared with', () => {
  test.each([
    ['a string is text (R)', text('p', 'x'), 'text'],
    ['a long is int8 (R)', param('p', { longValue: 1 }), 'bigint'],
    ['a double is float8 (R)', param('p', { doubleValue: 1.5 }), 'double precision'],
    ['a boolean is boolean (R)', param('p', { booleanValue: true }), 'boolean'],
    ['a blob is bytea (R)', param('p', { blobValue: new Uint8Array([1]) }), 'bytea'],
    ['typeHint UUID (D)', text('p', UUID, 'UUID'), 'uuid'],
    ['typeHint JSON (D)', text('p', '{}', 'JSON'), 'json'],
    ['typeHint DECIMAL (D)', text('p', '1.50', 'DECIMAL'), 'numeric'],
    ['typeHint DATE (D)', text('p', '2026-01-02', 'DATE'), 'date'],
    ['typeHint TIME (D)', text('p', '03:04:05.678', 'TIME'), 'time without time zone'],
    ['typeHint TIMESTAMP (D)', text('p', '2026-01-02 03:04:05.678', 'TIMESTAMP'), 'timestamp without time zone'],
  ])('%s', async (_name, parameter, type) => {
    expect(await data.value('select pg_typeof(:p)::text', parameter)).toEqual({ stringValue: type });
  });

  test.each([
    ['uuid = text is 42883 (R)', 'select 1 from wide where id = :p', text('p', UUID), '42883'],
    [
      'text into timestamptz is 42804 (R)',
      'insert into wide (at) values (:p)',
      text('p', '2026-01-02 03:04:05'),
      '42804',
    ],
    ['text into jsonb is 42804 (R)', 'insert into wide (doc) values (:p)', text('p', '{}'), '42804'],
    ['double into int is assigned, text is not', 'insert into wide (n) values (:p)', text('p', '1'), '42804'],
  ])('%s: no implicit cast', async (_name, sql, parameter, code) => {
    await expect(data.execute(sql, [parameter])).rejects.toMatchObject({
      name: 'DatabaseErrorException',
      message: expect.stringMatching(new RegExp(`; SQLState: ${code}$`)),
    });
  });

  test('with its hint, or a cast in the text, the same value fits (D)', async () => {
    const sql = `insert into wide (id, at, doc, n, price, day, hour, body, ok, words)
                 values (:id, :at, :doc, :n, :price, :day, :hour, :body, :ok, :words)`;
    const { numberOfRecordsUpdated } = await data.execute(sql, [
      text('id', UUID, 'UUID'),
      text('at', '2026-01-02 03:04:05.678', 'TIMESTAMP'),
      text('doc', '{"a": 1}', 'JSON'),
      param('n', { longValue: 7 }),
      text('price', '1.50', 'DECIMAL'),
      text('day', '2026-01-02', 'DATE'),
      text('hour', '03:04:05', 'TIME'),
      param('body', { blobValue: new Uint8Array([0, 1]) }),
      param('ok', { booleanValue: false }),
      text('words', 'w'),
    ]);
    expect(numberOfRecordsUpdated).toBe(1);
    expect((await data.execute('select doc, at from wide where id = :id::uuid', [text('id', UUID)])).records).toEqual([
      [{ stringValue: '{"a": 1}' }, { stringValue: '2026-01-02 03:04:05.678' }],
    ]);
  });

  test('NULL is untyped: it fits every column, with a hint or without (R)', async () => {
    const columns = ['id', 'at', 'doc', 'n', 'price', 'day', 'hour', 'body', 'ok', 'words'];
    const nulls = columns.map((name) => param(name, { isNull: true }));
    expect(
      (await data.execute(`insert into wide values (${columns.map((name) => `:${name}`)})`, nulls))
        .numberOfRecordsUpdated,
    ).toBe(1);
    await data.execute('update wide set id = :p', [param('p', { isNull: true }, 'JSON')]);
    await expect(data.execute('select 1 where :p is null', [param('p', { isNull: true })])).rejects.toThrow(
      'SQLState: 42P18',
    );
  });

  test('a name used twice is one parameter; $1 binds nothing (R)', async () => {
    expect((await data.execute('select :a || :b || :a', [text('a', 'x'), text('b', 'y')])).records).toEqual([
      [{ stringValue: 'xyx' }],
    ]);
    await expect(data.execute('select $1', [text('1', 'x')])).rejects.toThrow(
      'there is no parameter $1; SQLState: 42P02',
    );
    await expect(data.execute('select :a, $1', [text('a', 'x')])).rejects.toThrow('SQLState: 42P02');
  });

  test('a parameter that is missing is named (R); one too many is ignored (?)', async () => {
    await expect(data.execute('select :here, :gone', [text('here', 'x')])).rejects.toMatchObject({
      name: 'BadRequestException',
      message: 'Cannot find parameter: gone',
    });
    expect((await data.execute('select 1', [text('unused', 'x')])).records).toHaveLength(1);
  });
});

describe('values that are refused', () => {
  test('arrays (R)', async () => {
    await expect(data.execute('select :p', [param('p', { arrayValue: { longValues: [1] } })])).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Array parameters are not supported',
    });
  });

  test.each([
    ['DATE', '2026-1-2'],
    ['DATE', '2026-01-02T00:00:00Z'],
    ['TIME', '3:04'],
    ['TIMESTAMP', '2026-01-02T03:04:05Z'],
    ['TIMESTAMP', '2026-01-02 03:04:05+02'],
  ] as const)('typeHint %s takes only the documented form, not %s (D)', async (hint, value) => {
    await expect(data.execute('select :p', [text('p', value, hint)])).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('what the hinted type itself refuses is a database error (D)', async () => {
    await expect(data.execute('select :p', [text('p', 'no', 'UUID')])).rejects.toThrow('SQLState: 22P02');
    await expect(data.execute('select :p', [text('p', '{', 'JSON')])).rejects.toThrow('SQLState: 22P02');
    await expect(data.execute('select :p', [text('p', '2026-02-31', 'DATE')])).rejects.toThrow('SQLState: 22008');
    // @ts-expect-error a hint no SDK knows
    await expect(data.execute('select :p', [text('p', 'x', 'XML')])).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('NUL bytes and halves of surrogate pairs, in a value and in the text, are PostgreSQL errors and end nothing early (?)', async () => {
    for (const bad of ['a\0b', '\ud800', 'x\udc00y']) {
      await expect(data.execute('select :p', [text('p', bad)])).rejects.toThrow('SQLState: 22021');
      await expect(data.execute(`select '${bad}'`)).rejects.toThrow('SQLState: 22021');
    }
    expect(await data.value('select :p', text('p', '😀'))).toEqual({ stringValue: '😀' });
  });

  test('no value, and two at once (?)', async () => {
    const both = {
      ...data.target,
      sql: 'select :p',
      parameters: [{ name: 'p', value: { longValue: 1, stringValue: 'x' } }],
    };
    for (const body of [
      both,
      { ...both, parameters: [{ name: 'p' }] },
      { ...both, parameters: [{ name: 'p', value: { isNull: false } }] },
    ]) {
      const answer = await data.raw('/Execute', JSON.stringify(body));
      expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, 'ValidationException']);
    }
  });

  test('int8 to its last digit; beyond it the request is refused', async () => {
    const send = (number: string) =>
      data.raw(
        '/Execute',
        `{"resourceArn":"${data.target.resourceArn}","secretArn":"${data.target.secretArn}","database":"${data.target.database}",
        "sql":"select :p","parameters":[{"name":"p","value":{"longValue":${number}}}]}`,
      );
    for (const number of ['9223372036854775807', '-9223372036854775808', '9007199254740993']) {
      expect(await (await send(number)).text()).toContain(`{"longValue":${number}}`);
    }
    for (const number of ['9223372036854775808', '1e300', '1.5', '"1e3"', '123456789012345678901234567890']) {
      const answer = await send(number);
      expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, 'SerializationException']);
    }
  });

  test('doubles that look like long integers stay doubles', async () => {
    expect(await data.value('select :p', param('p', { doubleValue: 1e17 }))).toEqual({ doubleValue: 1e17 });
    expect(await data.value('select :p', param('p', { doubleValue: 5e-324 }))).toEqual({ doubleValue: 5e-324 });
  });
});
