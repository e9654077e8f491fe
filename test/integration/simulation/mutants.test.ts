import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, inject, test } from 'vitest';
import { LONG } from '../../support/effort.ts';

// Lived with a seed that catches each soon; `npm run simulate -- --mutants` takes any.
/** Others each time; all of them with LONG=1. */
const SOME = LONG ? 1_000 : 2;

test('every planted fault is caught', async () => {
  const main = new URL('../../support/simulation/main.ts', import.meta.url).pathname;
  const args = [
    '--mutants',
    '--runs',
    '60',
    '--seed',
    '1',
    '--some',
    String(SOME),
    '--json',
    '--postgres',
    inject('postgresUrl'),
  ];
  const child = spawn(process.execPath, [main, ...args]);
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(error).toBe('');
  const { caught } = JSON.parse(out) as { caught: { mutant: string; histories: number; failure?: object }[] };
  expect(caught.filter(({ failure }) => !failure).map(({ mutant }) => mutant)).toEqual([]);
  expect(caught.length).toBeGreaterThanOrEqual(LONG ? 10 : SOME);
});
