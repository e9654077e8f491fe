import type fc from 'fast-check';

/** The seed of this run, printed when a property fails; SEED=n replays it. */
const seed = Number(process.env.SEED ?? Date.now() & 0x7fffffff);

/** How often a property runs: `runs` in `npm test`, twenty times that with LONG=1 (`npm run test:long`). */
export const runs = (count: number): fc.Parameters<unknown> => ({
  numRuns: process.env.LONG ? count * 20 : count,
  seed,
});
