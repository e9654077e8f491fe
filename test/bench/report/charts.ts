import type { TopLevelSpec } from 'vega-lite';
import type { Figures } from '../benches.ts';
import { milliseconds } from '../cells.ts';
import type { Listed } from '../list.ts';
import type { Parts } from '../load/level.ts';
import { PARTS } from '../load/table.ts';
import { OURS } from '../ways-to-list.ts';

/** A picture of figures, and the same in words. */
export interface Chart {
  /** In the folder of the charts. */
  file: string;
  alt: string;
  spec: TopLevelSpec;
}

// Told apart by people who do not see all colours: Okabe and Ito, 2008. By how the name of a way begins, the longest first.
const COLOURS = {
  old: '#999999',
  bare: '#999999',
  plan: '#D55E00',
  drizzle: '#E69F00',
  kysely: '#CC79A7',
  'ours, by': '#56B4E9',
  'ours, described': '#56B4E9',
  ours: '#0072B2',
};
const coloursOf = (ways: string[]) => ({
  domain: ways,
  range: ways.map((way) => Object.entries(COLOURS).find(([name]) => way.startsWith(name))?.[1] ?? '#24292f'),
});

const count = (value: number): string => value.toLocaleString('en');
export const kilobytes = (bytes: number): string => (bytes / 1_000).toFixed(0);

/** One chart a section of the report that has one. */
export function chartsOf({ list, metadata, start, load, migrations }: Figures): Record<string, Chart> {
  return {
    depth: {
      file: 'list-depth.svg',
      alt: `Milliseconds to list a page of twenty, by how many versions lie before it. ${sayLast(list.byDepth, 'versions before the page')}`,
      spec: listSpec(list.byDepth, 'versions before the page'),
    },
    size: {
      file: 'list-size.svg',
      alt: `Milliseconds to list the first page with its total, by the size of the project. ${sayLast(list.bySize, 'versions in the project')}`,
      spec: listSpec(list.bySize, 'versions in the project'),
    },
    queue: {
      file: 'queue.svg',
      alt: `Messages a second until their metadata is written, by how many are worked off at once. ${metadata.worked
        .map(({ way, batch, perSecond }) => `${way}, ${batch} at once: ${perSecond.p50.toFixed(0)}`)
        .join('; ')}.`,
      spec: queueSpec(metadata),
    },
    start: {
      file: 'start.svg',
      alt: `From spawning a function’s process to its first answer, and the size of its bundle. ${Object.entries(
        start.figures,
      )
        .map(([name, { ms, gzipBytes }]) => `${name}: ${milliseconds(ms)} ms, ${kilobytes(gzipBytes)} KB gzipped`)
        .join('; ')}.`,
      spec: startSpec(start),
    },
    load: {
      file: 'load.svg',
      alt: `A local stack under load. Requests a second by connections: ${load.levels
        .map(({ connections, perSecond }) => `${connections}: ${perSecond.mean.toFixed(0)}`)
        .join(', ')}. Milliseconds of a request at ${load.knee} connections: ${partsAt(load, load.knee)
        .map(({ part, ms }) => `${part.replace(/:.*/, '')} ${milliseconds(ms)}`)
        .join(', ')}.`,
      spec: loadSpec(load),
    },
    ...(migrations.plan && {
      migrations: {
        file: 'migrations.svg',
        alt:
          `Migrating ${count(migrations.versions)} versions while users go on. ` +
          both(migrations)
            .map(({ what, way, seconds }) => `${what}, ${way}: ${seconds.toFixed(2)} s`)
            .join('; ')
            .concat('.'),
        spec: migrationsSpec(migrations),
      },
    }),
  };
}

function sayLast(listed: Listed[], where: string): string {
  const last = Math.max(...listed.map(({ at }) => at));
  const words = listed.filter(({ at }) => at === last).map(({ way, ms }) => `${way} ${milliseconds(ms.p50)}`);
  return `At ${count(last)} ${where}, medians: ${words.join(', ')}.`;
}

/** Median and 95th percentile beside each other, on one logarithmic scale. */
function listSpec(listed: Listed[], where: string): TopLevelSpec {
  const ways = [...new Set(listed.map(({ way }) => way))];
  const places = [...new Set(listed.map(({ at }) => count(at)))];
  return {
    data: {
      values: listed.flatMap(({ way, at, ms }) => [
        { way, at: count(at), quantile: 'median', ms: ms.p50 },
        { way, at: count(at), quantile: '95th percentile', ms: ms.p95 },
      ]),
    },
    facet: { column: { field: 'quantile', type: 'nominal', title: null, sort: ['median', '95th percentile'] } },
    spec: {
      width: 270,
      height: 260,
      mark: { type: 'line', point: { size: 40 }, strokeWidth: 2.5 },
      encoding: {
        x: { field: 'at', type: 'ordinal', sort: places, title: where, axis: { labelAngle: 0 } },
        y: { field: 'ms', type: 'quantitative', scale: { type: 'log' }, title: 'milliseconds (logarithmic)' },
        color: { field: 'way', type: 'nominal', scale: coloursOf(ways), sort: ways, title: null },
      },
    },
  };
}

function queueSpec({ worked }: Figures['metadata']): TopLevelSpec {
  const ways = [...new Set(worked.map(({ way }) => way))].toReversed();
  return {
    data: {
      values: worked.map(({ way, batch, perSecond: { p50, low, high } }) => ({
        way,
        batch: `${batch}`,
        p50,
        low,
        high,
      })),
    },
    width: 560,
    height: 260,
    encoding: {
      x: {
        field: 'batch',
        type: 'ordinal',
        sort: [...new Set(worked.map(({ batch }) => `${batch}`))],
        title: 'messages at once',
        axis: { labelAngle: 0 },
      },
      xOffset: { field: 'way', type: 'nominal', sort: ways },
    },
    layer: [
      {
        mark: 'bar',
        encoding: {
          y: { field: 'p50', type: 'quantitative', title: 'messages a second' },
          color: { field: 'way', type: 'nominal', scale: coloursOf(ways), sort: ways, title: null },
        },
      },
      {
        mark: { type: 'rule', color: '#24292f' },
        encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
      },
    ],
  };
}

const partsAt = ({ levels }: Figures['load'], at: number) =>
  levels
    .filter(({ connections }) => connections === at)
    .flatMap(({ parts }) =>
      Object.entries(PARTS).map(([key, part], order) => ({ part, order, ms: parts[key as keyof Parts] })),
    );

/** How much comes through, beside what the time of a request is made of. */
function loadSpec(load: Figures['load']): TopLevelSpec {
  const x = { field: 'connections', type: 'ordinal' as const, sort: null, axis: { labelAngle: 0 } };
  const parts = Object.values(PARTS).map((part) => part.replace(/:.*/, ''));
  const connections = load.levels.map((level) => level.connections);
  return {
    hconcat: [
      {
        width: 230,
        height: 260,
        data: {
          values: load.levels.map(({ connections: at, perSecond }) => ({ connections: at, ...perSecond })),
        },
        encoding: { x },
        layer: [
          {
            mark: { type: 'line', point: { size: 40 }, strokeWidth: 2.5, color: COLOURS.ours },
            encoding: { y: { field: 'mean', type: 'quantitative', title: 'requests a second' } },
          },
          {
            mark: { type: 'rule', color: '#24292f' },
            encoding: { y: { field: 'min', type: 'quantitative' }, y2: { field: 'max' } },
          },
        ],
      },
      {
        width: 230,
        height: 260,
        data: {
          values: connections.flatMap((at) =>
            partsAt(load, at).map(({ part, order, ms }) => ({
              connections: at,
              part: part.replace(/:.*/, ''),
              order,
              ms,
            })),
          ),
        },
        mark: 'bar',
        encoding: {
          x,
          y: { field: 'ms', type: 'quantitative', title: 'milliseconds of a request' },
          color: {
            field: 'part',
            type: 'nominal',
            scale: { domain: parts, range: ['#0072B2', '#56B4E9', '#009E73', '#E69F00', '#999999'] },
            title: null,
          },
          order: { field: 'order', type: 'quantitative' },
        },
      },
    ],
  };
}

const TIME = 'the migration takes';
const WAIT = 'longest any user waited for a lock';

const both = ({ ours, plan }: Figures['migrations']) =>
  [
    { way: 'plan: one UPDATE', figures: plan },
    { way: OURS, figures: ours },
  ].flatMap(({ way, figures }) =>
    figures === undefined
      ? []
      : [
          { what: TIME, way, seconds: figures.totalMs / 1_000 },
          { what: WAIT, way, seconds: figures.longestWaitMs / 1_000 },
        ],
  );

const migrationsSpec = (migrations: Figures['migrations']): TopLevelSpec =>
  bars(
    both(migrations).map(({ what, way, seconds }) => ({ what, way, value: seconds, unit: 'seconds' })),
    '.2f',
  );

const startSpec = ({ figures }: Figures['start']): TopLevelSpec =>
  bars(
    Object.entries(figures).flatMap(([way, { ms, gzipBytes }]) => [
      { what: 'a cold start', way, value: ms, unit: 'milliseconds' },
      { what: 'the bundle', way, value: gzipBytes / 1_000, unit: 'KB, gzipped' },
    ]),
    '.0f',
  );

interface Bar {
  what: string;
  way: string;
  value: number;
  unit: string;
}

/** Bars with their numbers; a panel for each thing, as each has a unit of its own. */
function bars(values: Bar[], format: string): TopLevelSpec {
  const ways = [...new Set(values.map(({ way }) => way))];
  const panels = [...Map.groupBy(values, ({ what }) => what)].map(([what, of]) => ({
    title: what,
    width: 300,
    height: 45 * ways.length,
    data: { values: of },
    encoding: {
      y: { field: 'way', type: 'nominal' as const, sort: ways, title: null },
      x: { field: 'value', type: 'quantitative' as const, title: of[0]?.unit ?? '' },
    },
    layer: [
      {
        mark: 'bar' as const,
        encoding: { color: { field: 'way', type: 'nominal' as const, scale: coloursOf(ways), legend: null } },
      },
      {
        mark: { type: 'text' as const, align: 'left' as const, dx: 4, color: '#24292f' },
        encoding: { text: { field: 'value', type: 'quantitative' as const, format } },
      },
    ],
  }));
  return { hconcat: panels };
}
