import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffSeconds } from '../../../functions/metadata/backoff.ts';
import { runs } from '../../support/effort.ts';

test('six deliveries lie 10, 20, 40, 80 and 160 seconds apart at most, and half of it at least', () => {
  expect([1, 2, 3, 4, 5].map((receives) => backoffSeconds(receives, 10, 1))).toEqual([10, 20, 40, 80, 160]);
  expect([1, 2, 3, 4, 5].map((receives) => backoffSeconds(receives, 10, 0))).toEqual([5, 10, 20, 40, 80]);
});

test('whatever the count, it is a whole number of seconds SQS takes, and never 0', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.integer({ min: 1, max: 900 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (receives, base, random) => {
        const seconds = backoffSeconds(receives, base, random);
        expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 900).toBe(true);
      },
    ),
    runs(200),
  );
});
