import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, inject, test } from 'vitest';
import { LONG } from '../../support/effort.ts';

/** Runs the simulation as its command does, on the PostgreSQL of the tests. */
async function simulate(...args: string[]) {
  const main = new URL('../../support/simulation/main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [main, '--json', '--postgres', inject('postgresUrl'), ...args]);
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { ...(JSON.parse(out || '{}') as { failures?: object[] }), error };
}

const seed = process.env.SEED ?? String(Math.floor(Math.random() * 1_000_000));
const RUNS = LONG ? 500 : 9;

test(`${RUNS} histories, from seed ${seed}: nothing is lost, doubled or overwritten`, async () => {
  const { failures, error } = await simulate('--runs', String(RUNS), '--seed', seed);
  expect(error).toBe('');
  expect(failures, `npm run simulate -- --runs ${RUNS} --seed ${seed}`).toEqual([]);
});
