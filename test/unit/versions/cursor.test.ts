import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from '../../../functions/versions/cursor.ts';
import { runs } from '../../support/effort.ts';

const key = fc.record({
  createdUs: fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 }),
  versionId: fc
    .string({ minLength: 1, maxLength: 60, unit: 'binary' })
    .filter((id) => id.isWellFormed() && !id.includes('\0')),
});

test('a cursor comes back as it went', () => {
  fc.assert(
    fc.property(key, fc.string(), (page, query) => {
      expect(decodeCursor(encodeCursor(page, query), query)).toEqual(page);
    }),
    runs(500),
  );
});

test('a cursor with any one character changed is broken', () => {
  fc.assert(
    fc.property(key, fc.nat(), fc.constantFrom(...'AZaz09-_=+/ '), (page, at, other) => {
      const cursor = encodeCursor(page, 'query');
      const index = at % cursor.length;
      fc.pre(cursor[index] !== other);
      expect(decodeCursor(cursor.slice(0, index) + other + cursor.slice(index + 1), 'query')).toBe('broken');
    }),
    runs(500),
  );
});

test('a cursor of another query is told from a broken one', () => {
  const cursor = encodeCursor({ createdUs: 1, versionId: '01J0000000000000000000000A' }, 'one');
  expect(decodeCursor(cursor, 'two')).toBe('of another query');
});

test.each(['', 'A', 'AAAAAAAA', '%', 'not a cursor'])('%j is broken, not an exception', (cursor) => {
  expect(decodeCursor(cursor, 'query')).toBe('broken');
});

test('a cursor for a ULID is 56 characters', () => {
  expect(encodeCursor({ createdUs: Date.now() * 1000, versionId: '01J0000000000000000000000A' }, 'q')).toHaveLength(56);
});
