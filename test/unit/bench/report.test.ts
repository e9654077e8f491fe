import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Figures } from '../../bench/benches.ts';
import type { Figures as MigrationFigures } from '../../bench/migrate/figures.ts';
import { writeReport } from '../../bench/report/write.ts';
import { measureRules } from '../../bench/rules.ts';
import { sampleOf } from '../../bench/sample.ts';

/** What a thing took that takes about so long. */
const about = (ms: number) => sampleOf(Array.from({ length: 25 }, (_, i) => ms * (1 + i / 100)));
const listed = (places: number[]) =>
  ['old: JOIN & <COUNT>', 'drizzle-orm', 'ours'].flatMap((way, w) =>
    places.map((at, p) => ({ way, at, ms: about((w + 1) * 10 + p), toBareCall: 2 })),
  );
const migrated = (totalMs: number, longestWaitMs: number): MigrationFigures => ({
  ...{ totalMs, partsMs: { expand: totalMs / 10 }, longestWaitMs, longestWait: undefined, longestWaitOthersMs: 1 },
  ...{ longestWaitBehindMs: 1, waits: 1, failed: 0, failures: {}, before: {}, afterwards: {}, wrong: [], wrongRows: 0 },
  meanwhile: { 'old: list': { requests: 1_234, failed: 0, p50: 1.5, p99: 8.5, longest: 9.5 } },
});
const started = (ms: number): Figures['start']['figures']['ours'] => ({
  ...{ ms, bytes: ms * 3_000, gzipBytes: ms * 1_000, packages: {} },
  ...{ toBare: { median: ms / 125, low: 1, high: 2 }, withoutNode: { median: 2, low: 1, high: 3 } },
});
const figures: Figures = {
  list: {
    ...{ turns: 25, postgres: '17.10', versions: 100_000, bareCall: about(1) },
    through: { 'list: first page and total': { ms: about(4), toBareCall: 4 } },
    ...{ byDepth: listed([0, 100, 40_000]), bySize: listed([20, 100_000]) },
  },
  indexes: {
    ...{ versions: 200_000, turns: 25 },
    costs: [
      { without: undefined, serves: '', megabytes: 0, microseconds: { insert: 270, metadata: 440, publish: 510 } },
      {
        ...{ without: 'project_versions_numbers', serves: 'the highest number of a project', megabytes: 12.9 },
        microseconds: { insert: 262, metadata: 920, publish: 496 },
      },
    ],
  },
  metadata: {
    ...{ turns: 25, projects: 40, bareCall: about(1) },
    worked: [1, 10].map((batch) => ({
      ...{ way: 'ours, with documents', batch, ms: about(3 * batch), callsEach: 1 / batch, toBareCall: 3 },
      perSecond: { p50: 300 + batch, low: 250, high: 350 },
    })),
  },
  rules: measureRules(),
  start: {
    pairs: 50,
    figures: { ours: started(150), 'bare SDK': started(125), 'drizzle-orm': started(180), kysely: started(170) },
    ...{ parts: { node: 60, sdk: 40, call: 20, schemas: 10, http: 10, rest: 10 }, missed: [] },
  },
  load: {
    ...{ users: 8, versions: 54_960, mix: { 'first page': 70, publish: 30 }, seconds: 5, knee: 2, saturated: true },
    levels: [1, 2, 4].map((connections) => ({
      ...{ connections, requests: 1_000, perSecond: { mean: 200 + connections, min: 190, max: 210 }, ms: about(5) },
      ...{ refused: {}, errors: 0, dataApiCalls: 1, logBytes: 640 },
      parts: { client: 0.5, gateway: 1.5, functions: 2.25, dataApi: 0.75, postgres: connections },
      processors: { stack: 0.4, functions: 0.8, postgres: 0.3, client: 0.05 },
    })),
  },
  migrations: {
    ...{ versions: 100_000, clients: 3, seed: 1 },
    ours: { ...migrated(84_000, 260), unjudged: 0, ms: {}, slices: 1, steps: [], steppedBack: 0 },
    plan: migrated(6_000, 4_600),
  },
};

let folder: string;
let written: Record<string, string>;
const write = async () => {
  const files = await writeReport(folder, figures);
  const texts = files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'utf8')]);
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'project-versions-report-'));
  written = await write();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const charts = () => Object.entries(written).filter(([file]) => file.endsWith('.svg'));
const chart = (file: string): string => written[join('charts', file)] ?? '';
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
/** What a screen reader says of each mark: the figures as they are drawn. */
const marks = (svg: string): string[] =>
  [...svg.matchAll(/aria-label="([^"]*)"/g)].map(([, label]) => unescaped(label ?? ''));

describe('the report', () => {
  it('shows each chart, with its words, and each chart has a title', () => {
    expect(charts()).toHaveLength(6);
    for (const [file, svg] of charts()) {
      const [, alt] = new RegExp(`!\\[([^\\]]+)\\]\\(${file}\\)`).exec(written['report.md'] ?? '') ?? [];
      expect(alt, file).toBeDefined();
      expect(svg).toContain(`<title>${escaped(alt ?? '')}</title>`);
    }
  });

  it('has charts that are well-formed, carry their background, and load nothing', () => {
    for (const [file, svg] of charts()) {
      const open: string[] = [];
      for (const [, end, name = '', attributes = '', empty] of svg.matchAll(
        /<(\/?)([\w:-]+)((?:\s[\w:-]+="[^"<]*")*)\s*(\/?)>/g,
      )) {
        if (end) expect(open.pop(), file).toBe(name);
        else if (!empty) open.push(name);
        expect(attributes).not.toMatch(/href="(?!#)|url\((?!#)/);
      }
      expect(open, file).toEqual([]);
      expect(svg.replaceAll(/<[^>]*>/g, ''), file).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
      expect(svg).toMatch(/<rect width="[\d.]+" height="[\d.]+" fill="#ffffff"/);
    }
  });

  it('says and draws the figures it was given', () => {
    const report = written['report.md'] ?? '';
    for (const { way, at, ms } of figures.list.byDepth) {
      expect(report).toMatch(
        new RegExp(`\\| ${way} \\|.*${ms.p50.toFixed(1)} \\[${ms.low.toFixed(1)}, ${ms.high.toFixed(1)}\\]`),
      );
      const place = `versions before the page: ${at.toLocaleString('en')}; milliseconds (logarithmic): `;
      const drawn = marks(chart('list-depth.svg'))
        .filter((label) => label.startsWith(place) && label.endsWith(`; way: ${way}`))
        .map((label) => Number.parseFloat(label.slice(place.length)));
      for (const value of [ms.p50, ms.p95])
        expect(Math.min(...drawn.map((each) => Math.abs(each - value)))).toBeLessThan(1e-9);
    }
    expect(marks(chart('queue.svg')).some((label) => label.includes('messages a second: 310'))).toBe(true);
    expect(report).toContain('310 [250, 350]');
    for (const seconds of ['84.00 s', '6.00 s', '0.26 s', '4.60 s']) expect(report).toContain(seconds);
    for (const seconds of ['84', '6', '0.26', '4.6'])
      expect(
        marks(chart('migrations.svg')).some((label) => label.startsWith(`seconds: ${seconds};`)),
        seconds,
      ).toBe(true);
    for (const label of ['milliseconds: 180; way: drizzle-orm', 'KB, gzipped: 150; way: ours'])
      expect(marks(chart('start.svg'))).toContain(label);
    expect(report).toContain('1.440 [1.000, 2.000]');
    for (const text of ['| 2 | 202 | 190 to 210 |', '7.00 ms of a request go with 2', '| 2.25 | 32.1 % |'])
      expect(report).toContain(text);
    expect(
      marks(chart('load.svg')).some((label) => /milliseconds of a request: 2\.25; part: function/.test(label)),
    ).toBe(true);
    expect(report).toContain('415 of 521');
  });

  it('is the same for the same figures', async () => {
    expect(await write()).toEqual(written);
  });
});

describe('a sample', () => {
  const to = (count: number) => sampleOf(Array.from({ length: count }, (_, i) => count - i));

  // The ranks of the binomial distribution; of thousands, those of its normal approximation.
  it.each([
    [5, 1, 5],
    [6, 1, 6],
    [20, 6, 15],
    [50, 18, 33],
    [100, 40, 61],
    [5_000, 2_431, 2_570],
  ])('of %i values has the interval from the %ith to the %ith', (count, low, high) => {
    expect(to(count)).toMatchObject({ count, low, high, min: 1, max: count, p50: (count + 1) / 2 });
  });
});
