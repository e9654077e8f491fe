import { expect, test } from 'vitest';
import { Pacer } from '../../../functions/migrations/pacer.ts';

/** Batches of a database that takes `usEach` microseconds a row. @returns the sizes, and the rests before the next one */
function run(pacer: Pacer, usEach: number, batches: number) {
  return Array.from({ length: batches }, () => {
    const { size } = pacer;
    return { size, rest: pacer.done(size, (size * usEach) / 1_000) };
  });
}

test('batches grow until one takes a fifth of a second, and stay there', () => {
  const sizes = run(new Pacer(10_000), 50, 12).map(({ size }) => size);
  expect(sizes.slice(0, 3)).toEqual([500, 1_000, 2_000]);
  expect(sizes.at(-1)).toBeGreaterThanOrEqual(2_000);
  expect(sizes.at(-1)).toBeLessThanOrEqual(4_000);
});

test('never above the most its step allows', () => {
  expect(run(new Pacer(50), 10, 4).map(({ size }) => size)).toEqual([50, 50, 50, 50]);
});

test('rows that take four times as long: smaller batches, and as much rest as work', () => {
  const pacer = new Pacer(10_000);
  run(pacer, 50, 8);
  const [loaded, next] = run(pacer, 200, 2);
  expect(loaded?.rest).toBeCloseTo(((loaded?.size ?? 0) * 200) / 1_000);
  expect(next?.size).toBe(Math.floor((loaded?.size ?? 0) / 2));
});

test('rows that stay slow are by and by what rows take, and it no longer rests', () => {
  const pacer = new Pacer(10_000);
  run(pacer, 50, 8);
  expect(run(pacer, 200, 40).at(-1)?.rest).toBe(0);
});

test('a handful of rows says nothing about the load', () => {
  const pacer = new Pacer(10_000);
  run(pacer, 50, 8);
  expect(pacer.done(3, 5)).toBe(0);
});

test('a batch that the database stopped is made a tenth, down to one', () => {
  const pacer = new Pacer(10_000);
  pacer.tookTooLong();
  expect(pacer.size).toBe(50);
  pacer.tookTooLong();
  pacer.tookTooLong();
  expect(pacer.size).toBe(1);
});
