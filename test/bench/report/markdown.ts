import type { Figures } from '../benches.ts';
import { milliseconds } from '../cells.ts';
import type { Listed } from '../list.ts';
import type { Parts } from '../load/level.ts';
import type { ProcessorTimes } from '../load/processors.ts';
import { PARTS } from '../load/table.ts';
import type { Figures as MigrationFigures, RequestFigures } from '../migrate/figures.ts';
import { RECORDED } from '../migrate/recorded.ts';
import type { Sample } from '../sample.ts';
import { type Chart, kilobytes } from './charts.ts';
import type { Machine } from './machine.ts';

const count = (value: number): string => value.toLocaleString('en');
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
const share = (of: number): string => `${(of * 100).toFixed(1)} %`;
/** The median with its 95 % interval. */
const median = ({ p50, low, high }: Sample): string =>
  `${milliseconds(p50)} [${milliseconds(low)}, ${milliseconds(high)}]`;
const table = (head: string[], rows: string[][]): string =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

/** The report as Markdown. `charts` are those of the same figures. */
export function markdownOf(figures: Figures, charts: Record<string, Chart>, on: Machine, day: string): string {
  const image = (name: string): string[] => {
    const chart = charts[name];
    return chart === undefined ? [] : [`![${chart.alt}](charts/${chart.file})`];
  };
  const sections = [
    ['# Figures', introduction(figures, on, day)],
    ['## Listing', ...listing(figures.list, image)],
    ['## Indexes', ...indexes(figures.indexes)],
    ['## The queue', ...queue(figures.metadata, image)],
    ['## The rules', ...rules(figures.rules)],
    ['## Cold starts', ...starts(figures.start, image)],
    ['## Load', ...load(figures.load, image)],
    ['## Migrations', ...migrations(figures.migrations, image)],
  ];
  return `${sections.flat().join('\n\n')}\n`;
}

type Image = (name: string) => string[];

const introduction = ({ list }: Figures, on: Machine, day: string): string =>
  `Written by \`npm run bench -- --report\` on ${day}: ${on.cores} cores of ${on.processor}, ${on.memoryGiB} GiB, ${on.system}, Node ${on.node},
PostgreSQL ${list.postgres} with its durable defaults. Database, Data API, gateway and functions share that machine, so the times hold for comparisons and not for AWS, where each Data
API call is a network round trip more. What stands beside each other in a table was timed in turn, in one run, on the same data. Times are milliseconds, the median with its
95 % interval in brackets, between order statistics.`;

function listing({ turns, versions, bareCall, through, byDepth, bySize }: Figures['list'], image: Image): string[] {
  const first = through['list: first page and total']?.ms.p50 ?? Number.NaN;
  return [
    `${count(turns)} requests of each, one client. Through gateway, function and Data API, in a project of ${count(versions)} versions, half of them checkpoints:`,
    table(
      ['', 'median', '95th percentile', 'longest', 'x a bare SDK call', 'x the first page'],
      Object.entries({
        'a bare SDK call: `select 1`, no gateway, no function': { ms: bareCall, toBareCall: 1 },
        ...through,
      }).map(([name, { ms, toBareCall }]) => [
        ...[name, median(ms), milliseconds(ms.p95), milliseconds(ms.max)],
        ...[toBareCall.toFixed(2), (ms.p50 / first).toFixed(2)],
      ]),
    ),
    `The database calls alone, without gateway and function: a page of twenty by how many versions lie before it. Ours is by cursor, and has its total on the first page alone, as
the API's clients get it; all others are by offset with a COUNT. Ours goes through the functions' login and row-level security, the others are the tables' owner, whom it does not hold back.`,
    ...image('depth'),
    listedTable(byDepth),
    'The first page with its total, by how many versions the project has:',
    ...image('size'),
    listedTable(bySize),
  ];
}

function listedTable(listed: Listed[]): string {
  const places = [...new Set(listed.map(({ at }) => at))];
  return table(
    ['', ...places.map(count)],
    [...Map.groupBy(listed, ({ way }) => way)].map(([way, of]) => [way, ...of.map(({ ms }) => median(ms))]),
  );
}

const indexes = ({ versions, turns, costs }: Figures['indexes']): string[] => [
  `What one write costs among ${count(versions)} versions, in microseconds without the call: the median of ${count(turns)} times 20, with all indexes of project_versions and without
each.`,
  table(
    ['', 'its megabytes', 'an insert', 'a metadata write', 'a publish', 'what it serves'],
    costs.map(({ without, megabytes, microseconds: { insert, metadata, publish }, serves }) => [
      without ? `without ${without}` : 'with all',
      without ? megabytes.toFixed(1) : '',
      ...[insert, metadata, publish].map((each) => each.toFixed(0)),
      serves,
    ]),
  ),
];

const queue = ({ turns, projects, bareCall, worked }: Figures['metadata'], image: Image): string[] => [
  `Messages whose metadata is generated, numbered and written: ${count(turns)} batches of each size, one worker, versions of ${projects} projects; against the plan, which takes one
message at a time, reads its version and updates it, and neither numbers nor locks. Lambda runs up to five such workers at once. One bare SDK call takes ${median(bareCall)}.`,
  ...image('queue'),
  table(
    ['', 'messages at once', 'median of a batch', 'messages a second', 'Data API calls a message', 'x a bare SDK call'],
    worked.map(({ way, batch, ms, perSecond, callsEach, toBareCall }) => [
      ...[way, String(batch), median(ms)],
      `${perSecond.p50.toFixed(0)} [${perSecond.low.toFixed(0)}, ${perSecond.high.toFixed(0)}]`,
      ...[String(callsEach), toBareCall.toFixed(2)],
    ]),
  ),
];

function rules({ figures, reliability }: Figures['rules']): string[] {
  const wilson = ({ share: p, low, high }: { share: number; low: number; high: number }): string =>
    `${share(p)} [${share(low)}, ${share(high)}]`;
  const right = ({ right, of }: { right: number; of: number }): string => `${right} of ${of}`;
  return [
    'How often the kind of a change is right, of real commits of three public repositories whose authors said what kind each is; the 95 % interval is Wilson’s.',
    table(
      ['', 'right', ''],
      Object.entries(figures).map(([name, { all }]) => [name, wilson(all), right(all)]),
    ),
    'How often the rules are right when they say how sure they are:',
    table(
      ['confidence', 'right', ''],
      reliability.map((each) => [String(each.confidence), wilson(each), right(each)]),
    ),
  ];
}

const starts = ({ pairs, figures, parts }: Figures['start'], image: Image): string[] => [
  `From spawning list-versions' process to its first answer, ${count(pairs)} starts of each, in turn, through the local stack's Lambda runtime and Data API; against a function that holds the
bare SDK client and the same statement, and the same list written with drizzle-orm and with kysely, all bundled alike. The ratio is the median of the pairs' own.`,
  ...image('start'),
  table(
    ['', 'median', 'x the bare SDK', 'x the bare SDK, without what Node itself takes', 'bundle, KB', 'gzipped, KB'],
    Object.entries(figures).map(([name, { ms, toBare, withoutNode, bytes, gzipBytes }]) => [
      ...[name, milliseconds(ms), ratio(toBare), ratio(withoutNode), kilobytes(bytes), kilobytes(gzipBytes)],
    ]),
  ),
  'What takes the time of ours:',
  table(
    ['', 'milliseconds'],
    [
      ['process, Node.js and runtime', milliseconds(parts.node)],
      ['loading the SDK', milliseconds(parts.sdk)],
      ['its first call', milliseconds(parts.call)],
      ['zod and the schemas', milliseconds(parts.schemas)],
      ['middy and the HTTP layer', milliseconds(parts.http)],
      ['the rest of ours', milliseconds(parts.rest)],
    ],
  ),
];

const ratio = ({ median, low, high }: Figures['start']['figures']['ours']['toBare']): string =>
  `${median.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;

function load({ users, versions, mix, seconds, levels, knee, saturated }: Figures['load'], image: Image): string[] {
  const at = levels.find(({ connections }) => connections === knee);
  const parts =
    at === undefined ? [] : Object.entries(PARTS).map(([key, name]) => ({ name, ms: at.parts[key as keyof Parts] }));
  const total = parts.reduce((sum, { ms }) => sum + ms, 0);
  const processors = Object.entries(at?.processors ?? {}).map(([name, used]) => [
    ...[
      PROCESSES[name as keyof ProcessorTimes],
      share(used),
      milliseconds((used * 1_000) / (at?.perSecond.mean ?? Number.NaN)),
    ],
  ]);
  return [
    `A stack of its own with ${count(versions)} versions of ${users} users, loaded by one client process on the same machine, ${seconds} seconds for each number of connections, each with
one request under way. Of a hundred requests ${Object.entries(mix)
      .map(([kind, of]) => `${of} are “${kind}”`)
      .join(', ')}. Every function has at most eight processes here.`,
    ...image('load'),
    table(
      [
        'connections',
        'requests a second',
        'least and most of a second',
        'median',
        '95th percentile',
        '99th',
        'not 2xx',
      ],
      levels.map(({ connections, perSecond, ms, refused, errors }) => [
        ...[
          count(connections),
          perSecond.mean.toFixed(0),
          `${perSecond.min.toFixed(0)} to ${perSecond.max.toFixed(0)}`,
        ],
        ...[ms.p50, ms.p95, ms.p99].map(milliseconds),
        count(Object.values(refused).reduce((sum, each) => sum + each, errors)),
      ]),
    ),
    `${saturated ? `More than ${knee} connections bring less than 5 % more.` : 'That is not its limit.'} Where the ${milliseconds(total)} ms of a request go with ${knee}, on average:`,
    table(
      ['', 'milliseconds', 'share'],
      parts.map(({ name, ms }) => [name, milliseconds(ms), share(ms / total)]),
    ),
    `${at?.dataApiCalls.toFixed(2)} Data API calls and ${at?.logBytes.toFixed(0)} bytes in the functions’ logs a request.`,
    ...(processors.length > 0
      ? ['Processor time with as many (100 % is one core):', table(['', 'used', 'milliseconds a request'], processors)]
      : []),
  ];
}

const PROCESSES: Record<keyof ProcessorTimes, string> = {
  functions: 'functions',
  stack: 'gateway, Data API and queue, one process',
  postgres: 'PostgreSQL',
  client: 'the client',
};

function migrations({ versions, clients, seed, ours, plan }: Figures['migrations'], image: Image): string[] {
  const row = (name: string, figure: (of: MigrationFigures) => string): string[] => [
    ...[name, figure(ours)],
    ...(plan ? [figure(plan)] : []),
  ];
  return [
    `${count(versions)} versions (seed ${seed}), migrated while ${clients} readers and ${clients} writers of the old code, and once the first phase is through as many of the new code, work
as fast as they can; beside it the plan's two backups, fifteen columns and one UPDATE, on a copy of the same data, with the same clients of the old code. One run of each.`,
    ...image('migrations'),
    table(
      ['', 'ours', ...(plan ? ['the plan'] : [])],
      [
        row('takes', ({ totalMs }) => seconds(totalMs)),
        [
          'of it the deployment waits for',
          seconds(ours.partsMs.expand ?? Number.NaN),
          ...(plan ? [seconds(plan.totalMs)] : []),
        ],
        row('longest any statement of a user waited for a lock', ({ longestWaitMs }) => seconds(longestWaitMs)),
        row('the same before and afterwards', ({ longestWaitOthersMs }) => seconds(longestWaitOthersMs)),
        row('requests meanwhile', ({ meanwhile }) => count(sumOf(meanwhile))),
        row('failed', ({ failed }) => count(failed)),
        row('rows lost or wrong, by full comparison', ({ wrongRows }) => count(wrongRows)),
      ],
    ),
    'What users of each code felt meanwhile, in milliseconds, and with nothing going on before:',
    table(
      ['', 'requests', 'median', '99th percentile', 'longest', 'before: median', 'before: longest'],
      [...felt('ours', ours), ...(plan ? felt('the plan', plan) : [])],
    ),
    `The same with ${count(RECORDED.versions)} versions, run once on ${RECORDED.on}:`,
    table(
      ['', 'ours', 'the plan', 'ours / the plan'],
      [
        recorded('takes', 'seconds', (value) => seconds(value * 1_000)),
        recorded('of it the deployment waits for', 'deploymentSeconds', (value) => seconds(value * 1_000)),
        recorded('longest any statement of a user waited for a lock', 'longestWaitMs', seconds),
        recorded('failed', 'failed', count),
        recorded('rows lost or wrong, by full comparison', 'wrongRows', count),
      ],
    ),
  ];
}

const recorded = (name: string, figure: keyof typeof RECORDED.ours, show: (value: number) => string): string[] => {
  const [ours, plan] = [RECORDED.ours[figure], RECORDED.plan[figure]];
  return [name, show(ours), show(plan), plan > 0 && ours > 0 ? (ours / plan).toFixed(ours < plan ? 4 : 1) : ''];
};

const sumOf = (kinds: Record<string, RequestFigures>): number =>
  Object.values(kinds).reduce((sum, { requests }) => sum + requests, 0);

const felt = (beside: string, { meanwhile, before }: MigrationFigures): string[][] =>
  Object.entries(meanwhile).map(([name, of]) => {
    const was = before[name];
    return [
      ...[`beside ${beside}: ${name}`, count(of.requests), ...[of.p50, of.p99, of.longest].map(milliseconds)],
      ...(was ? [was.p50, was.longest].map(milliseconds) : ['', '']),
    ];
  });
