import { expect, it } from 'vitest';
import { nextWait } from '../../../functions/page/patience.ts';

it('what is on its way is looked for after a second, then less and less often, and at least twice a minute', () => {
  const waits: number[] = [];
  for (let wait = nextWait(undefined, false), look = 0; look < 12; look += 1, wait = nextWait(wait, false))
    waits.push(wait);
  expect(waits.slice(0, 4)).toEqual([1_000, 1_500, 2_250, 3_375]);
  expect(waits.at(-1)).toBe(30_000);
});

it('once something has happened it may go on at once', () => {
  expect(nextWait(30_000, true)).toBe(1_000);
});
