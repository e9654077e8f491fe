import type { Parameters } from 'fast-check';

/** `npm run test:long` tries everything many times as often as `npm test`. */
export const LONG = process.env.LONG === '1';

/**
 * How often to try a property: `runs` in `npm test`, fifty times that in `npm run test:long`. fast-check prints the seed and path of a
 * failure; `SEED=<seed>` replays it.
 */
export const runs = (count: number): Parameters<unknown> => ({
  numRuns: LONG ? count * 50 : count,
  ...(process.env.SEED ? { seed: Number(process.env.SEED) } : {}),
});
