import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogLine } from '../../../infra/cli/log-entry.ts';
import { logFiles } from '../../../infra/cli/log-files.ts';
import { merged } from '../../../infra/cli/log-source.ts';
import { runs } from '../../support/effort.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const START = Date.parse('2026-01-01T00:00:00Z');
const structured = (at: number, message: string) =>
  JSON.stringify({ level: 'INFO', message, timestamp: new Date(at).toISOString(), service: 'project-versions' });
async function all(lines: AsyncIterable<LogLine>): Promise<LogLine[]> {
  const read: LogLine[] = [];
  for await (const line of lines) read.push(line);
  return read;
}
const since = async (name: string, moment: number) =>
  (await all(logFiles(folder).read(name, moment))).map(({ at, text }) => ({ at, text }));
const write = (name: string, lines: string[]) =>
  writeFile(join(folder, `Stack-${name}.log`), lines.map((line) => `${line}\n`).join(''));

describe('log files', () => {
  test('give the lines since a moment, whatever they are and wherever the halves fall', async () => {
    // A step in time, the length of a line, and whether it bears a time: some lines are longer than what is read at once.
    const line = fc.tuple(fc.integer({ min: 0, max: 9_000 }), fc.constantFrom(0, 3, 200, 5_000, 90_000), fc.boolean());
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (steps, share) => {
          let now = START;
          let last = 0;
          const written = steps.map(([step, length, timed], index) => {
            now += step;
            if (timed) last = now;
            return {
              at: last,
              text: timed ? structured(now, `${index} ${'é'.repeat(length)}`) : `${index} ${'-'.repeat(length)}`,
            };
          });
          await write(
            'Random',
            written.map(({ text }) => text),
          );
          const moment = START + Math.round((now - START) * share) + 1;
          expect(await since('Random', moment)).toEqual(written.filter(({ at }) => at >= moment));
        },
      ),
      runs(40),
    );
  });

  test.runIf(process.platform === 'linux')(
    'are not read from their beginning when only the end is asked for',
    async () => {
      const lines = Array.from({ length: 100_000 }, (_, n) =>
        structured(START + n * 1_000, `line ${n} ${'-'.repeat(100)}`),
      );
      await write('Large', lines);
      const read = async () => Number(/^rchar: (\d+)/m.exec(await readFile('/proc/self/io', 'utf8'))?.[1]);
      const before = await read();
      expect(await since('Large', START + 99_990_000)).toHaveLength(10);
      expect((await read()) - before, 'of 22 MB').toBeLessThan(2_500_000);
    },
  );

  test('of several functions come in the order of time, and a line that is being written comes when it is whole', async () => {
    await write('One', [structured(START, 'a'), structured(START + 2_000, 'c')]);
    await write('Two', [structured(START + 1_000, 'b'), structured(START + 3_000, 'd')]);
    await writeFile(join(folder, 'Stack-Two.log'), '{"level":"INFO","mess', { flag: 'a' });
    const source = logFiles(folder);
    expect(await source.functions()).toEqual(expect.arrayContaining(['One', 'Two']));
    const lines = await all(merged(['One', 'Two'].map((name) => source.read(name, START))));
    expect(lines.map(({ function: name, text }) => [name, JSON.parse(text).message])).toEqual([
      ['One', 'a'],
      ['Two', 'b'],
      ['One', 'c'],
      ['Two', 'd'],
    ]);
  });
});
