import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import type { Level } from '../../bench/load/level.ts';
import { LONG } from '../../support/effort.ts';

const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('project-versions-load-'));
const LOAD = join(import.meta.dirname, '../../bench/load/main.ts');

// A stack of its own for a few seconds of load.
it.runIf(LONG)('a loaded stack answers everything, says where the time goes, and leaves nothing behind', async () => {
  const before = leftovers();
  const child = spawn(process.execPath, [LOAD, '--duration', '1', '--connections', '4', '--json']);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(err).toBe('');
  const { levels } = JSON.parse(out) as { levels: Level[] };
  expect(levels.length).toBeGreaterThan(1);
  for (const { requests, refused, errors, parts, dataApiCalls, logBytes, ms, perSecond } of levels) {
    expect(requests).toBeGreaterThan(10);
    expect([refused, errors]).toEqual([{}, 0]);
    expect(dataApiCalls, 'one call a request').toBeCloseTo(1, 1);
    expect(logBytes).toBeGreaterThan(100);
    for (const [part, each] of Object.entries(parts)) expect(each, part).toBeGreaterThan(0);
    expect(Object.values(parts).reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(ms.max);
    expect(perSecond.mean).toBeGreaterThan(0);
  }
  expect(leftovers().filter((name) => !before.includes(name))).toEqual([]);
});
