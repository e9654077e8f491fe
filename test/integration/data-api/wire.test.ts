import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { param, SIGNED, type TestEndpoint, testEndpoint } from '../../support/data-api.ts';

let data: TestEndpoint;
beforeAll(async () => {
  data = await testEndpoint();
  await data.execute('create table item (id int primary key, label text)');
});
afterAll(() => data.close());

const post = async (path: string, body: object, headers?: Record<string, string>) => {
  const answer = await data.raw(path, JSON.stringify(body), headers);
  return { status: answer.status, type: answer.headers.get('x-amzn-errortype'), body: await answer.json() };
};

describe('answers (M: wire form of client-rds-data 3.1143)', () => {
  test('a SELECT: records and no count', async () => {
    const { status, body } = await post('/Execute', { ...data.target, sql: 'select 1 as one' });
    expect({ status, body }).toEqual({
      status: 200,
      body: { numberOfRecordsUpdated: 0, records: [[{ longValue: 1 }]] },
    });
  });

  test('an empty SELECT: an empty list of records', async () => {
    expect(await data.execute('select 1 where false')).toMatchObject({ numberOfRecordsUpdated: 0, records: [] });
  });

  test('DML: the real count, no records, no generated fields (D: not for PostgreSQL)', async () => {
    const { body } = await post('/Execute', {
      ...data.target,
      sql: "insert into item values (1, 'a'), (2, 'b'), (3, 'c')",
    });
    expect(body).toEqual({ numberOfRecordsUpdated: 3, generatedFields: [] });
    expect((await data.execute('update item set label = label where id < 3')).numberOfRecordsUpdated).toBe(2);
    expect((await data.execute('delete from item where id = 99')).numberOfRecordsUpdated).toBe(0);
  });

  test('RETURNING: the count and records', async () => {
    expect(await data.execute("update item set label = 'z' where id = 1 returning id, label")).toMatchObject({
      numberOfRecordsUpdated: 1,
      records: [[{ longValue: 1 }, { stringValue: 'z' }]],
    });
    const nothing = await data.execute('delete from item where id = 99 returning id');
    expect(nothing).toMatchObject({ numberOfRecordsUpdated: 0, records: [] });
    expect(
      await data.execute(
        "merge into item using (select 2 id) s on s.id = item.id when matched then update set label = 'm'",
      ),
    ).toMatchObject({
      numberOfRecordsUpdated: 1,
    });
  });

  test('DDL, EXPLAIN and SHOW', async () => {
    expect((await data.execute('create table other (id int)')).records).toBeUndefined();
    expect((await data.execute('explain select 1')).records?.[0]?.[0]?.stringValue).toContain('Result');
    expect((await data.execute('show server_version_num')).records?.[0]?.[0]?.stringValue).toMatch(/^17/);
  });

  test('statements that cannot run in a transaction do run', async () => {
    await data.execute('create index concurrently item_label on item (label)');
    await data.execute('vacuum item');
  });

  test('transactions: an id, "Transaction Committed", "Rollback Complete"', async () => {
    const id = await data.begin();
    expect(id.length).toBeLessThanOrEqual(192);
    expect((await data.commit(id)).transactionStatus).toBe('Transaction Committed');
    expect((await data.rollback(await data.begin())).transactionStatus).toBe('Rollback Complete');
  });
});

describe('BatchExecuteStatement', () => {
  test('one update result a set, no rows (D)', async () => {
    const sets = [10, 11, 12].map((id) => [
      param('id', { longValue: id }),
      param('label', id === 11 ? { isNull: true } : { stringValue: 'x' }),
    ]);
    expect((await data.batch('insert into item values (:id, :label) returning id', sets)).updateResults).toEqual([
      { generatedFields: [] },
      { generatedFields: [] },
      { generatedFields: [] },
    ]);
    expect(await data.value('select array(select label from item where id between 10 and 12 order by id)')).toEqual({
      arrayValue: { stringValues: ['x', null, 'x'] },
    });
  });

  test('all or nothing when a set fails (?)', async () => {
    const sets = [20, 21, 20].map((id) => [param('id', { longValue: id })]);
    await expect(data.batch('insert into item values (:id)', sets)).rejects.toThrow('SQLState: 23505');
    expect(await data.value('select count(*) from item where id in (20, 21)')).toEqual({ longValue: 0 });
  });

  test('nothing runs without a set (R)', async () => {
    expect((await data.batch('create table never (id int)', [])).updateResults).toEqual([]);
    expect(await data.value("select to_regclass('never') is null")).toEqual({ booleanValue: true });
    await data.batch('create table once (id int)', [[]]);
    expect(await data.value("select to_regclass('once') is null")).toEqual({ booleanValue: false });
  });

  test('inside a transaction it is part of it', async () => {
    const id = await data.begin();
    await data.batch('insert into item values (:id)', [[param('id', { longValue: 30 })]], id);
    await data.rollback(id);
    expect(await data.value('select count(*) from item where id = 30')).toEqual({ longValue: 0 });
  });
});

describe('signatures', () => {
  test.each([
    ['no Authorization header', {}, 'MissingAuthenticationTokenException'],
    ['a bearer token', { authorization: 'Bearer x' }, 'IncompleteSignatureException'],
    [
      'signed for another service',
      { authorization: SIGNED.authorization.replace('rds-data', 's3') },
      'InvalidSignatureException',
    ],
  ])('%s is 403 (D: AWS general reference)', async (_name, headers, type) => {
    expect(
      await post('/Execute', { ...data.target, sql: 'select 1' }, headers as Record<string, string>),
    ).toMatchObject({ status: 403, type });
  });
});

describe('requests that are wrong', () => {
  test('unknown paths and methods', async () => {
    expect((await data.raw('/Nothing', '{}')).status).toBe(404);
    expect((await fetch(`${data.api.url}/Execute`)).status).toBe(404);
  });

  test('what is not JSON, not an object, or of the wrong type is a SerializationException', async () => {
    for (const body of ['', '{', 'null', '[]', '"x"', '{"sql":1}', '{"sql":"select 1","parameters":{}}']) {
      const answer = await data.raw(
        '/Execute',
        body.replace(
          '{"sql"',
          `{"resourceArn":"${data.target.resourceArn}","secretArn":"${data.target.secretArn}","sql"`,
        ),
      );
      expect([body, answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([
        body,
        400,
        'SerializationException',
      ]);
    }
  });

  test('constraints of the model are named (M)', async () => {
    const long = { ...data.target, sql: `select '${'x'.repeat(65_536)}'` };
    expect(await post('/Execute', long)).toMatchObject({
      type: 'ValidationException',
      body: {
        message:
          "1 validation error detected: Value at 'sql' failed to satisfy constraint: Member must have length less than or equal to 65536",
      },
    });
    expect(await post('/Execute', { ...data.target, sql: 'select 1', database: 'd'.repeat(65) })).toMatchObject({
      type: 'ValidationException',
    });
    expect(await post('/CommitTransaction', { ...data.target, transactionId: 't'.repeat(193) })).toMatchObject({
      type: 'ValidationException',
    });
    expect(await post('/Execute', data.target)).toMatchObject({ body: { message: expect.stringContaining("'sql'") } });
  });

  test('65,536 characters of SQL are allowed (M)', async () => {
    expect((await data.execute(`select '${'x'.repeat(65_536 - 9)}'`)).records).toHaveLength(1);
  });

  test('empty SQL (R)', async () => {
    for (const sql of ['', '  ', '-- nothing', ';']) {
      await expect(data.execute(sql)).rejects.toMatchObject({ name: 'ValidationException', message: 'SQL is empty' });
    }
  });

  test('two statements in one call: neither runs (D)', async () => {
    await expect(data.execute('create table first_of_two (id int); select 1')).rejects.toMatchObject({
      name: 'ValidationException',
      message: "Multistatements aren't supported.",
    });
    expect(await data.value("select to_regclass('first_of_two') is null")).toEqual({ booleanValue: true });
    expect((await data.execute('select 1;')).records).toHaveLength(1);
  });

  test('the schema parameter (D)', async () => {
    await expect(data.execute('select 1', [], { schema: 'public' })).rejects.toMatchObject({
      name: 'ValidationException',
      message: "The schema parameter isn't supported",
    });
  });
});

describe('clusters, secrets and databases', () => {
  test.each([
    [
      'an unknown cluster (D)',
      { resourceArn: 'arn:aws:rds:us-east-1:000000000000:cluster:other' },
      'NotFoundException',
      404,
    ],
    [
      'an unknown secret (D)',
      { secretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:other' },
      'SecretsErrorException',
      400,
    ],
    [
      'a secret with the wrong password (?)',
      { secretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:test-wrong-password' },
      'InvalidSecretException',
      400,
    ],
    ['a database that is not there (?)', { database: 'nowhere' }, 'DatabaseErrorException', 400],
  ])('%s', async (_name, wrong, name, status) => {
    await expect(data.execute('select 1', [], wrong)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status },
    });
  });

  test('the message of a missing database is PostgreSQL’s (?)', async () => {
    await expect(data.execute('select 1', [], { database: 'nowhere' })).rejects.toThrow(
      'FATAL: database "nowhere" does not exist; SQLState: 3D000',
    );
  });

  test('a secret is a role: its user, and no more rights than that', async () => {
    expect(await data.value('select current_user::text')).toEqual({ stringValue: data.target.database });
    await expect(data.execute('select pg_read_file($$/etc/passwd$$)')).rejects.toThrow('SQLState: 42501');
  });
});

describe('errors of SQL', () => {
  test('the message, then Detail, Hint, Position, and the SQLState last (R)', async () => {
    await expect(data.execute('insert into item values (1)')).rejects.toMatchObject({
      name: 'DatabaseErrorException',
      message:
        'ERROR: duplicate key value violates unique constraint "item_pkey"\n  Detail: Key (id)=(1) already exists.; SQLState: 23505',
      $metadata: { httpStatusCode: 400 },
    });
    await expect(data.execute('select lable from item')).rejects.toThrow(
      'ERROR: column "lable" does not exist\n  Hint: Perhaps you meant to reference the column "item.label".\n  Position: 8; SQLState: 42703',
    );
  });

  test('a detail may itself hold "SQLState": the last one counts (R)', async () => {
    await data.execute('create table tricky (label text unique)');
    await data.execute("insert into tricky values ('; SQLState: 00000')");
    await expect(data.execute("insert into tricky values ('; SQLState: 00000')")).rejects.toThrow(
      /\(label\)=\(; SQLState: 00000\) already exists\.; SQLState: 23505$/,
    );
  });

  test('a raised error with its own code, and where it came from (R: the JDBC driver adds Where)', async () => {
    await expect(
      data.execute(`do $$ begin raise exception 'no' using errcode = 'PV001', hint = 'try'; end $$`),
    ).rejects.toThrow(
      /^ERROR: no\n {2}Hint: try\n {2}Where: PL\/pgSQL function inline_code_block .*; SQLState: PV001$/,
    );
  });

  test('COPY has no stream to read from', async () => {
    await expect(data.execute('copy item from stdin')).rejects.toMatchObject({ name: 'DatabaseErrorException' });
  });
});
