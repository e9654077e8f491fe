import { expect, it } from 'vitest';
import { age, duration } from '../../../functions/page/time.ts';

const now = Date.parse('2026-03-10T12:00:00Z');

it.each([
  ['2026-03-10T12:00:05Z', 'just now'],
  ['2026-03-10T11:59:30Z', 'just now'],
  ['2026-03-10T11:59:10Z', '1 minute ago'],
  ['2026-03-10T09:30:00Z', '2 hours ago'],
  ['2026-03-09T11:00:00Z', 'yesterday'],
  ['2026-03-05T11:00:00Z', '5 days ago'],
  ['2018-02-20T12:00:00Z', 'Feb 20, 2018'],
])('%s is %s', (moment, words) => {
  expect(age(moment, now)).toBe(words);
});

it.each([
  [0, '0 s'],
  [420, '0.4 s'],
  [9_000, '9 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [200_000, '3 min 20 s'],
  [3_600_000, '1 h'],
  [3_900_000, '1 h 5 min'],
])('%d ms are %s', (milliseconds, words) => {
  expect(duration(milliseconds)).toBe(words);
});
