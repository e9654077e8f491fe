import { styleText } from 'node:util';
import { milliseconds } from '../cells.ts';
import type { Level, Parts } from './level.ts';

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
const line = (cells: string[]): string => cells.map((cell) => cell.padStart(12)).join('');

export const levelHead = (): string => line(COLUMNS);

/** One line of the table. */
export function levelRow({ connections, perSecond, ms, refused, errors }: Level): string {
  const { 429: throttled = 0, 503: unavailable = 0, ...others } = refused;
  const other = Object.values(others).reduce((sum, count) => sum + count, 0);
  return line([
    ...[String(connections), ...[perSecond.mean, perSecond.min, perSecond.max].map((rate) => rate.toFixed(0))],
    ...[ms.p50, ms.p95, ms.p99].map(milliseconds),
    ...[errors, throttled, unavailable, other].map(String),
  ]);
}

const PARTS: Record<keyof Parts, [glyph: string, colour: Parameters<typeof styleText>[0], name: string]> = {
  postgres: ['█', 'blue', 'PostgreSQL: planning and executing'],
  dataApi: ['▓', 'cyan', 'Data API endpoint: checks, its way to PostgreSQL, the commit, results to JSON'],
  functions: ['▒', 'green', 'function: parsing, shaping, the SDK and its way to the Data API'],
  gateway: ['░', 'yellow', 'gateway: token, route, event, and waiting for a free process of the function'],
  client: ['·', 'magenta', 'until the gateway has the request and the client the answer'],
};
const WIDTH = 72;

/** Where the time of a request goes, as one bar and its legend. */
export function partsBar({ parts, connections }: Level): string {
  const total = Object.values(parts).reduce((sum, ms) => sum + ms, 0);
  const shown = Object.entries(PARTS).map(([key, [glyph, colour, name]]) => {
    const ms = Math.max(0, parts[key as keyof Parts]);
    const paint = (text: string): string => styleText(colour, text, { stream: process.stdout });
    return { name, ms, bar: paint(glyph.repeat(Math.round((ms / total) * WIDTH))), key: paint(glyph.repeat(2)) };
  });
  const legend = shown.map(
    ({ key, name, ms }) =>
      `  ${key} ${milliseconds(ms).padStart(6)} ms ${((ms / total) * 100).toFixed(0).padStart(3)} %  ${name}`,
  );
  return [
    `Where the ${milliseconds(total)} ms of a request go at ${connections} connections, on average:`,
    `  ${shown.map(({ bar }) => bar).join('')}`,
    ...legend,
  ].join('\n');
}

/** Who has the processors. Empty where nobody can say. */
export function processorsLine({ processors, perSecond }: Level, cores: number): string {
  if (processors === undefined) return '';
  const { functions, stack, postgres, client } = processors;
  const share = (seconds: number): string =>
    `${(seconds * 100).toFixed(0)} % (${((seconds * 1_000) / perSecond.mean).toFixed(2)} ms a request)`;
  return [
    `Processor time, of the ${cores * 100} % of ${cores} cores:`,
    `  functions ${share(functions)}, gateway with Data API and queue ${share(stack)}, PostgreSQL ${share(postgres)}, this client ${share(client)}`,
  ].join('\n');
}
