import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { clean, identifier, oneLine, text, url } from '../../../functions/platform/text.ts';

describe('cleaned text', () => {
  test.each([
    ['two\r\nlines\rand\u2028more', 'two\nlines\nand\nmore'],
    ['a tab\tstays', 'a tab\tstays'],
    ['\u001b[31mred\u0007', ' [31mred '],
    ['\u009b2J', ' 2J'],
    ['safe\u202egpj.exe', 'safegpj.exe'],
    ['\u2066a\u2069\u200e\u200f\u061c', 'a'],
    ['v1\u200b.0\u2060.0\ufeff', 'v1.0.0'],
    ['half \ud83d pair', 'half \ufffd pair'],
    ['👩‍👩‍👧 می‌خواهم', '👩‍👩‍👧 می‌خواهم'],
  ])('%j becomes %j', (dirty, expected) => {
    expect(clean(dirty)).toBe(expected);
  });

  test('whatever it was, it is stable, and no longer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const cleaned = clean(value);
        expect(clean(cleaned)).toBe(cleaned);
        expect(cleaned.length).toBeLessThanOrEqual(value.length);
        expect(cleaned).not.toMatch(/[^\P{Cc}\t\n]/u);
        expect(oneLine(value)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

test('a text is cleaned before it is measured; NUL and halves of characters are refused', () => {
  expect(text(3).parse('a\u200b\u0001c')).toBe('a c');
  expect(text(10).safeParse('\u200b').success).toBe(false);
  expect(text(10).safeParse('a\0').success).toBe(false);
  expect(text(10).safeParse('\ud83d').success).toBe(false);
});

test('an identifier and an address stay as they were sent, or are refused', () => {
  expect(identifier.parse('a\u200bb')).toBe('a\u200bb');
  for (const bad of ['a\u0001b', ' a', '', 'a\0']) expect(identifier.safeParse(bad).success).toBe(false);
  expect(url.parse('https://a.test/%E2%80%AE')).toBe('https://a.test/%E2%80%AE');
  for (const bad of ['https://a.test/\u202eb', 'https://a.test/\u0001', 'https://a.test/a b'])
    expect(url.safeParse(bad).success).toBe(false);
  expect(z.array(identifier).safeParse(['x']).success).toBe(true);
});
