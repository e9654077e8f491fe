import type { Parameters } from 'fast-check';

/**
 * How long to try a property: `runs` in `npm test`, fifty times that when `TEST_LONG` is set. fast-check prints seed and path of a failure;
 * `SEED=<seed>` replays it.
 */
export const tries = (runs: number): Parameters<unknown> => ({
  numRuns: process.env.TEST_LONG ? runs * 50 : runs,
  ...(process.env.SEED ? { seed: Number(process.env.SEED) } : {}),
});
