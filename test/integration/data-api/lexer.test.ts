import { loadModule, scanSync } from '@libpg-query/parser';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { lex } from '../../../infra/build/data-api-lexer.ts';
import { runs } from '../../support/effort.ts';

beforeAll(() => loadModule());

const named = (sql: string) => lex(sql).names;

describe('the lexer finds :name (R: anywhere but in literals, quoted identifiers, comments and dollar quotes)', () => {
  test.each([
    ['select :a, :b, :a', ['a', 'b'], 'select $1, $2, $1'],
    ['select :a::int, b::text, :c :: uuid', ['a', 'c'], 'select $1::int, b::text, $2 :: uuid'],
    ["select ':a' || :b || 'it''s :c'", ['b'], "select ':a' || $1 || 'it''s :c'"],
    ["select E'\\':a' || :b", ['b'], "select E'\\':a' || $1"],
    ["select '\\' || :b || '\\'", ['b'], "select '\\' || $1 || '\\'"],
    ["select e'x'\n  '\\' :a' || :b", ['b'], "select e'x'\n  '\\' :a' || $1"],
    ["select e'x' -- note\n -- :n\n '\\' :a' || :b", ['b'], "select e'x' -- note\n -- :n\n '\\' :a' || $1"],
    ['select ":a" as "b""c:d", :e', ['e'], 'select ":a" as "b""c:d", $1'],
    ['select :a -- :b\n, :c', ['a', 'c'], 'select $1 -- :b\n, $2'],
    ['select /* :a /* :b */ :c */ :d', ['d'], 'select /* :a /* :b */ :c */ $1'],
    ['select $$ :a $$, $x$ :b $$ :c $x$, :d', ['d'], 'select $$ :a $$, $x$ :b $$ :c $x$, $1'],
    ['select a$b$c, :d$e', ['d$e'], 'select a$b$c, $1'],
    ['select x[1:2], x[:lo::int]', ['lo'], 'select x[1:2], x[$1::int]'],
    ['select :1, :2::int, x[1:2], x[y[1]:2], :1', ['1', '2'], 'select $1, $2::int, x[1:2], x[y[1]:2], $1'],
    ['select 1-:a, 2*-:b, :a-- :c', ['a', 'b'], 'select 1-$1, 2*-$2, $1-- :c'],
    ['a := :b', ['b'], 'a := $1'],
    ['select 5/:a/*:b*/', ['a'], 'select 5/$1/*:b*/'],
    ["select n':a', b'01', x'1F', U&':a' || :b", ['b'], "select n':a', b'01', x'1F', U&':a' || $1"],
    ['select :größe', ['größe'], 'select $1'],
    ["select 'unfinished :a", [], "select 'unfinished :a"],
    ['select $tag$ unfinished :a', [], 'select $tag$ unfinished :a'],
  ])('%s', (sql, names, text) => {
    expect(lex(sql)).toMatchObject({ names, text });
  });

  test('more than nine parameters keep their numbers apart', () => {
    const sql = Array.from({ length: 12 }, (_, n) => `:p${n}`).join('');
    expect(lex(sql).text).toBe('$1$2$3$4$5$6$7$8$9$10$11$12');
    expect(named(sql)).toHaveLength(12);
  });

  test('64 KB of one literal, comment or identifier are read in linear time', () => {
    const long = 'x:y'.repeat(21_000);
    const started = performance.now();
    for (const sql of [
      `'${long}' :a`,
      `/*${long}*/ :a`,
      `"${long}" :a`,
      `$$${long}$$ :a`,
      `e'${long}' :a`,
      `${'('.repeat(60_000)} :a`,
    ]) {
      expect(named(sql)).toEqual(['a']);
    }
    expect(performance.now() - started).toBeLessThan(500);
  });

  // Pieces that mean something else beside each other than alone.
  const PIECES =
    "' '' \" \"\" $ $$ $a$ $1 $a : :: := :a :b_1 :select :a$ :é :1 :20 a e E e' E' U& b' n' \\ \\' \\\\ -- - / * /* */ /**/ ; , ( ) [1:2] [ ] 1 1.5 2e3 0x1F 1_000 . .. + @ # ? | é “ 😀".split(
      ' ',
    );
  const text = fc
    .array(fc.constantFrom(...PIECES, ' ', '\n', '\t', '\r', "'x'", '"y"', 'select ', "e'x' "), {
      minLength: 1,
      maxLength: 24,
    })
    .map((pieces) => pieces.join(''));

  test("property: the same names at the same places as PostgreSQL's own scanner", () => {
    let compared = 0;
    fc.assert(
      fc.property(text, (sql) => {
        const expected = oracle(sql);
        fc.pre(expected !== undefined);
        compared++;
        expect(lex(sql).text).toBe(expected);
      }),
      runs(4_000),
    );
    expect(compared).toBeGreaterThan(1_000);
  });
});

/** The text as PostgreSQL's scanner would have it, or undefined where it finds an error or a `:` glued to a string (`:e'x'`). */
function oracle(sql: string): string | undefined {
  let tokens: ReturnType<typeof scanSync>['tokens'];
  try {
    tokens = scanSync(sql).tokens;
  } catch {
    return undefined;
  }
  const bytes = Buffer.from(sql);
  const numbers = new Map<string, number>();
  let [out, copied, brackets] = ['', 0, 0];
  for (const [index, token] of tokens.entries()) {
    if (token.text === '[') brackets += 1;
    if (token.text === ']') brackets = Math.max(0, brackets - 1);
    const next = tokens[index + 1];
    if (token.text !== ':' || next === undefined || next.start !== token.end) continue;
    const name = bytes.subarray(next.start, next.end).toString();
    if (!/^[A-Za-z_\u0080-\uffff]/.test(name) && (brackets > 0 || !/^[0-9]+$/.test(name))) continue;
    if (name.includes("'") || name.includes('"')) return undefined;
    const number = numbers.get(name) ?? numbers.size + 1;
    numbers.set(name, number);
    out += `${bytes.subarray(copied, token.start)}$${number}`;
    copied = next.end;
  }
  return out + bytes.subarray(copied);
}
