import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, inject, test } from 'vitest';

// Lived with a seed that catches each soon; `npm run simulate -- --mutants` takes any.
test('every planted fault is caught', async () => {
  const main = new URL('../../support/simulation/main.ts', import.meta.url).pathname;
  const args = ['--mutants', '--runs', '60', '--seed', '1', '--json', '--postgres', inject('postgresUrl')];
  const child = spawn(process.execPath, [main, ...args]);
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(error).toBe('');
  const { caught } = JSON.parse(out) as { caught: { mutant: string; histories: number; failure?: object }[] };
  expect(caught.filter(({ failure }) => !failure).map(({ mutant }) => mutant)).toEqual([]);
  expect(caught.length).toBeGreaterThanOrEqual(10);
}, 300_000);
