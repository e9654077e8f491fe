import { availableParallelism } from 'node:os';
import { styleText } from 'node:util';
import { milliseconds } from '../cells.ts';
import type { Level, Parts } from './level.ts';
import type { LoadFigures } from './load.ts';

const COLUMNS = [
  'connections',
  'requests/s',
  'least',
  'most',
  'p50 ms',
  'p95 ms',
  'p99 ms',
  'errors',
  '429',
  '503',
  'other',
];
const print = (cells: string[]): void => console.log(cells.map((cell) => cell.padStart(12)).join(''));

export const printLevelHead = (): void => print(COLUMNS);

/** One line of the table. */
export function printLevel({ connections, perSecond, ms, refused, errors }: Level): void {
  const { 429: throttled = 0, 503: unavailable = 0, ...others } = refused;
  const other = Object.values(others).reduce((sum, count) => sum + count, 0);
  print([
    ...[String(connections), ...[perSecond.mean, perSecond.min, perSecond.max].map((rate) => rate.toFixed(0))],
    ...[ms.p50, ms.p95, ms.p99].map(milliseconds),
    ...[errors, throttled, unavailable, other].map(String),
  ]);
}

export const PARTS: Record<keyof Parts, string> = {
  postgres: 'PostgreSQL: planning and executing',
  dataApi: 'Data API endpoint: checks, its way to PostgreSQL, the commit, results to JSON',
  functions: 'function: parsing, shaping, the SDK and its way to the Data API',
  gateway: 'gateway: token, route, event, and waiting for a free process of the function',
  client: 'client: until the gateway has its request, and it has the answer',
};
const PAINT: Record<keyof Parts, [glyph: string, colour: Parameters<typeof styleText>[0]]> = {
  postgres: ['█', 'blue'],
  dataApi: ['▓', 'cyan'],
  functions: ['▒', 'green'],
  gateway: ['░', 'yellow'],
  client: ['·', 'magenta'],
};
const WIDTH = 72;

/** How far it went, and where the time goes there. */
export function printKnee({ levels, knee, saturated }: LoadFigures): void {
  const level = levels.find(({ connections }) => connections === knee);
  if (level === undefined) return;
  console.log(
    saturated
      ? `\nSaturated: more than ${knee} connections bring less than 5 % more.\n`
      : `\nNot saturated with ${knee} connections.\n`,
  );
  printParts(level);
  printProcessors(level);
  console.log(
    `\n${level.dataApiCalls.toFixed(2)} Data API calls and ${level.logBytes.toFixed(0)} bytes in the functions' logs a request.`,
  );
}

/** A request's time as one bar and its legend. */
function printParts({ parts, connections }: Level): void {
  const total = Object.values(parts).reduce((sum, ms) => sum + ms, 0);
  const shown = (Object.keys(PARTS) as (keyof Parts)[]).map((part) => {
    const [glyph, colour] = PAINT[part];
    const ms = Math.max(0, parts[part]);
    const paint = (times: number): string => styleText(colour, glyph.repeat(times), { stream: process.stdout });
    return { name: PARTS[part], ms, bar: paint(Math.round((ms / total) * WIDTH)), key: paint(2) };
  });
  console.log(`Where the ${milliseconds(total)} ms of a request go at ${connections} connections, on average:`);
  console.log(`  ${shown.map(({ bar }) => bar).join('')}`);
  for (const { key, name, ms } of shown)
    console.log(
      `  ${key} ${milliseconds(ms).padStart(6)} ms ${((ms / total) * 100).toFixed(0).padStart(3)} %  ${name}`,
    );
}

/** Who has the processors; nothing where nobody can say. */
function printProcessors({ processors, perSecond }: Level): void {
  if (processors === undefined) return;
  const share = (seconds: number): string =>
    `${(seconds * 100).toFixed(0)} % (${((seconds * 1_000) / perSecond.mean).toFixed(2)} ms a request)`;
  const cores = availableParallelism();
  console.log(
    `\nProcessor time, of the ${cores * 100} % of ${cores} cores:\n  functions ${share(processors.functions)}, ` +
      `gateway with Data API and queue ${share(processors.stack)}, PostgreSQL ${share(processors.postgres)}, this client ${share(processors.client)}`,
  );
}

/** All of it at once. */
export function printLoad(figures: LoadFigures): void {
  console.log('\nA local stack under more and more connections, each with one request under way\n');
  printLevelHead();
  for (const level of figures.levels) printLevel(level);
  printKnee(figures);
}
