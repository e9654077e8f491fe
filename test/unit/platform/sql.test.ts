import { expect, test } from 'vitest';
import { json, sql, timestamp } from '../../../functions/platform/sql.ts';

test('values become parameters, never text', () => {
  const statement = sql`select f(${"'; drop table x; --"}, ${1}, ${1.5}, ${true}, ${null})`;
  expect(statement.text).toBe('select f(:p1, :p2, :p3, :p4, :p5)');
  expect(statement.parameters).toEqual([
    { name: 'p1', value: { stringValue: "'; drop table x; --" } },
    { name: 'p2', value: { longValue: 1 } },
    { name: 'p3', value: { doubleValue: 1.5 } },
    { name: 'p4', value: { booleanValue: true } },
    { name: 'p5', value: { isNull: true } },
  ]);
});

test('json and timestamps carry the hint that gives them their type', () => {
  expect(
    sql`${json({ a: [1] })} ${timestamp(new Date('2026-01-02T03:04:05.678Z'))} ${timestamp(null)}`.parameters,
  ).toEqual([
    { name: 'p1', typeHint: 'JSON', value: { stringValue: '{"a":[1]}' } },
    { name: 'p2', typeHint: 'TIMESTAMP', value: { stringValue: '2026-01-02 03:04:05.678' } },
    { name: 'p3', value: { isNull: true } },
  ]);
});

test('an integer that JSON would round is refused', () => {
  expect(() => sql`${2 ** 60}`).toThrow(RangeError);
});
