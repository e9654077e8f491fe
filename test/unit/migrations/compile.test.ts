import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inOrder, type Phase, type Statement, type Step } from '../../../functions/migrations/migration.ts';
import { compileMigration, compileMigrations, migrationsHash } from '../../../infra/build/compile-migrations.ts';

const compile = async (source: string) => (await compileMigration('000_test.sql', source)).steps;
const statements = (steps: Step[]): Statement[] =>
  steps.flatMap((step) => (step.kind === 'transaction' ? step.statements : [step.statement]));
const sqlOf = async (source: string) => statements(await compile(source)).map(({ sql }) => sql);

describe('statements end where PostgreSQL says', () => {
  test.each([
    ['a semicolon in a string', `select 'a;b'`, `select 2`],
    ['a doubled quote', `select 'it''s; fine'`, `select 2`],
    ['a backslash in an E string', `select E'\\';'`, `select 2`],
    ['a backslash in a standard string', `select '\\'`, `select ';'`],
    ['a quoted identifier', `select 1 as "a;""b"`, `select 2`],
    ['dollar quotes', `select $$ a; 'b $$`, `select 2`],
    ['a tagged dollar quote that holds another', `select $tag$ a; $$ b; $$ $tag$`, `select 2`],
    ['a function', `create function f() returns int language plpgsql as $$ begin return 1; end; $$`, `select 2`],
    [
      'a function without quotes',
      `create function f() returns int language sql begin atomic; select 1; select 2; end`,
      `select 2`,
    ],
    ['a comment inside', `select /* ; */ 1 -- ;\n + 1`, `select 2`],
    ['nested comments inside', `select /* a /* ; */ ; */ 1`, `select 2`],
    ['characters of two, three and four bytes', `select 'é;', '€;', '🐘;' as "ü;"`, `select '🐘'`],
    ['a Unicode escape string', `select U&'d\\0061;'`, `select 2`],
    [
      'a rule with two actions',
      `create rule r as on insert to t do also (insert into a values (1); insert into b values (2))`,
      `select 2`,
    ],
  ])('%s', async (_what, first, second) => {
    expect(await sqlOf(`${first};${second};`)).toEqual([first, second]);
    expect(await sqlOf(`-- é\n  ${first} ;\n/* é */ ${second}`)).toEqual([first, second]);
  });

  test('empty statements and comments around are nothing', async () => {
    expect(await sqlOf(`;; -- a\n select 1 /* b */ ; ; /* c; */ select 2; -- d`)).toEqual([
      'select 1 /* b */',
      'select 2',
    ]);
  });

  test('a statement knows its line', async () => {
    expect(statements(await compile('-- é\n\nselect 1;\n\n/* a\n b */ select\n 2;'))).toEqual([
      { line: 3, sql: 'select 1' },
      { line: 6, sql: 'select\n 2' },
    ]);
  });
});

describe('steps', () => {
  test('plain statements are one transaction; directives end it', async () => {
    const steps = await compile(`
      select 1; select 2;
      -- Why.
      -- migrate: batched
      select * from f(:after, :batch);
      select 3;
      -- migrate: transaction
      select 4;
      -- migrate: no transaction
      create unique index concurrently if not exists a_b on t (a);
      -- migrate: no transaction
      drop index concurrently if exists "S"."old;one";
    `);
    expect(steps.map((step) => [step.kind, statements([step]).length])).toEqual([
      ['transaction', 2],
      ['batched', 1],
      ['transaction', 1],
      ['transaction', 1],
      ['no transaction', 1],
      ['no transaction', 1],
    ]);
    expect(steps.map((step) => 'goal' in step && step.goal).slice(4)).toEqual([
      {
        what: 'index',
        name: '"public"."a_b"',
        bare: 'a_b',
        table: '"public"."t"',
        unique: true,
        drop: 'drop index concurrently if exists "public"."a_b"',
      },
      { what: 'no index', name: '"S"."old;one"', bare: 'old;one' },
    ]);
  });

  test('a batched step may say what it goes through and how large a batch may be; a file when it runs', async () => {
    const migration = await compileMigration(
      '000_test.sql',
      '-- migrate: backfill\n-- migrate: batched over public.t by 500\nselect f(:after, :batch);\n' +
        '-- migrate: batched\nselect f(:after, :batch);\n-- migrate: long\nalter table "T" validate constraint c;',
    );
    expect(migration.phase).toBe('backfill');
    expect(migration.steps).toMatchObject([
      { kind: 'batched', over: 'public.t', largest: 500 },
      { kind: 'batched', over: null, largest: 10_000 },
      { kind: 'long', goal: { what: 'valid constraints', table: '"public"."T"', names: ['c'] } },
    ]);
    expect((await compileMigration('000_test.sql', 'select 1')).phase).toBe('expand');
  });

  test('files run by phase, then by number', async () => {
    const files = await Promise.all(
      ['-- migrate: contract\nselect 1', '-- migrate: backfill\nselect 1', 'select 1', 'select 2'].map((sql, index) =>
        compileMigration(`00${index}_test.sql`, sql),
      ),
    );
    const names = (through: Phase) => inOrder(files, through, []).map(({ name }) => name.slice(2, 3));
    expect(names('expand')).toEqual(['2', '3']);
    expect(names('backfill')).toEqual(['2', '3', '1']);
    expect(names('contract')).toEqual(['2', '3', '1', '0']);
  });

  test('a digest covers its step and all before it', async () => {
    const digests = async (...numbers: number[]) =>
      (await compile(numbers.map((number) => `-- migrate: transaction\nselect ${number};`).join('\n'))).map(
        ({ digest }) => digest,
      );
    const [one, two, three] = await digests(1, 2, 3);
    expect((await digests(1, 2, 4)).slice(0, 2)).toEqual([one, two]);
    expect(await digests(1, 2, 4)).not.toContain(three);
    expect(await digests(9, 2, 3)).not.toContain(two);
  });
});

describe('what a deployment would stumble over is found here, with its place', () => {
  test.each([
    [`select 1;\nselekt 'é';`, '2:1: syntax error at or near "selekt"'],
    [`select 'é' frm\n  x y;`, '2:3: syntax error at or near "x"'],
    [`select 1;\n  select 'a`, '2:10: unterminated quoted string'],
    [`select $a$ x`, '1:8: unterminated dollar-quoted string'],
    [`select 1; /* x`, '1:11: unterminated /* comment'],
    ['-- only a comment', '1:1: expected at least one statement'],
    ['', '1:1: expected at least one statement'],
    [
      `select 1;\n create function f() returns int language plpgsql as $$ begin retur 1; end $$`,
      '2:2: in the body of this function: syntax error at or near "retur"',
    ],
    [`do $$ begin if 1 then end; $$`, '1:1: in the body of this do block'],
    [
      `create function f() returns int language sql as $$ selekt 1 $$`,
      '1:1: in the body of this function: syntax error at or near "selekt"',
    ],
    [`-- migrate: batched\nselect f(:after)`, '2:1: a batched statement takes :after and :batch, this has no :batch'],
    [`select f(:after)`, '1:1: :after would be a parameter'],
    [`select a[1:n] from t`, '1:1: :n would be a parameter'],
    [`create index concurrently a on t (b)`, '1:1: an index built or dropped concurrently needs'],
    [`-- migrate: no transaction\ncreate index a on t (b)`, '2:1: only `create index concurrently <name>`'],
    [`-- migrate: no transaction\ncreate index concurrently on t (b)`, '2:1: only `create index concurrently <name>`'],
    [`begin; select 1; commit`, '1:1: no begin or commit here'],
    [
      `-- migrate: fast\nselect 1`,
      '1:1: unknown directive "fast": expected one of transaction, batched, no transaction, long, backfill, contract',
    ],
    [`-- migrate: batched\n-- migrate: transaction\nselect 1`, '2:1: a statement takes one directive'],
    [`-- migrate: long\nselect 1`, '2:1: only `alter table <table> validate constraint <name>`'],
    [`-- migrate: long\ncreate index concurrently i on t (a)`, '2:1: an index built or dropped concurrently needs'],
    [
      `-- migrate: long\nalter table t validate constraint a, add column b integer`,
      '2:1: only `alter table <table> validate constraint <name>`, of one table',
    ],
    [`-- migrate: no transaction\nalter table t validate constraint a`, '2:1: only `create index concurrently'],
    [`select 1;\n-- migrate: contract\nselect 2`, '2:1: `contract` is about the whole file'],
    [`-- migrate: backfill\n-- migrate: contract\nselect 2`, '2:1: `contract` is about the whole file'],
    [`-- migrate: batched over t`, '1:1: a directive stands in the comments before a statement'],
    [`-- migrate: batched over t\nselect 1`, '1:1: unknown directive "batched over t"'],
    [`select 1;\n-- migrate: transaction\n`, '2:1: a directive stands in the comments before a statement'],
    [`select\n-- migrate: transaction\n1`, '2:1: a directive stands in the comments before a statement'],
    [`select '${'x'.repeat(65_536)}'`, '1:1: a statement may have 65536 characters, this has 65545'],
  ])('%s', async (source, message) => {
    await expect(compile(source)).rejects.toThrow(`migrations/000_test.sql:${message}`);
  });
});

describe('a folder of migrations', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'migrations-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  test('is read in order of the numbers, without schema.sql', async () => {
    await writeFile(join(dir, '001_b.sql'), 'select 2');
    await writeFile(join(dir, '000_a.sql'), 'select 1');
    await writeFile(join(dir, 'schema.sql'), 'not sql');
    expect((await compileMigrations(dir)).map(({ name }) => name)).toEqual(['000_a.sql', '001_b.sql']);
  });

  test.each([['002_b.sql'], ['000_b.sql'], ['1_b.sql'], ['001-b.sql'], ['001_B.sql']])(
    'does not take %s after 000',
    async (name) => {
      await writeFile(join(dir, '000_a.sql'), 'select 1');
      await writeFile(join(dir, name), 'select 2');
      await expect(compileMigrations(dir)).rejects.toThrow(/expected a file named 00\d_name.sql/);
    },
  );

  test('has one hash, which no line end changes and every edit does', async () => {
    await writeFile(join(dir, '000_a.sql'), 'select 1;\n-- b\n');
    const before = migrationsHash(await compileMigrations(dir));
    await writeFile(join(dir, '000_a.sql'), 'select 1;\r\n-- b\r\n');
    expect(migrationsHash(await compileMigrations(dir))).toBe(before);
    await writeFile(join(dir, '000_a.sql'), 'select 1;\n-- c\n');
    expect(migrationsHash(await compileMigrations(dir))).not.toBe(before);
  });
});
