import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { LONG } from '../../support/effort.ts';

const BENCH = join(import.meta.dirname, '../../bench/migrate/main.ts');

// The benchmark is a test as well: every row is compared with what it was and with what its writers were told. It takes minutes.
test.runIf(LONG).each([1, 2, 3])(
  'a database of 30,000 versions, with old and new code at work all the while: no request fails, no row is lost or wrong (seed %i)',
  async (seed) => {
    const args = [
      '--versions',
      '30000',
      '--clients',
      '2',
      '--seed',
      String(seed),
      '--skip-plan',
      '--no-goals',
      '--json',
    ];
    const { stdout } = await promisify(execFile)(process.execPath, [BENCH, ...args], { maxBuffer: 2 ** 26 });
    const { ours } = JSON.parse(stdout) as { ours: { failures: object; wrong: object[]; unjudged: number } };
    expect(ours).toMatchObject({ failures: {}, wrong: [], unjudged: 0 });
  },
);
