/** `toBareCall`: how many bare SDK calls it takes as long as. `toOurFirstPage`: how many first pages of the list. By the medians. */
export interface Figure {
  p50Ms: number;
  p99Ms: number;
  toBareCall: number;
  toOurFirstPage: number;
}

const BARE = 'bare SDK call, select 1';
const OURS = 'list: first page and total';

/** Makes figures of times, by name. */
export function report(times: Map<string, number[]>): Record<string, Figure> {
  const p50 = (name: string): number => percentile(times.get(name) ?? [], 0.5);
  return Object.fromEntries(
    [...times].map(([name, taken]) => [
      name,
      {
        p50Ms: p50(name),
        p99Ms: percentile(taken, 0.99),
        toBareCall: p50(name) / p50(BARE),
        toOurFirstPage: p50(name) / p50(OURS),
      },
    ]),
  );
}

/** Prints them as a table. */
export function printReport(figures: Record<string, Figure>, requests: number): void {
  const width = Math.max(...Object.keys(figures).map((name) => name.length)) + 2;
  const row = (name: string, cells: string[]): string =>
    name.padEnd(width) + cells.map((cell) => cell.padStart(10)).join('');
  console.log(`${requests} requests each, in turn, one client`);
  console.log(
    '"list" and "publish" go through gateway, function and Data API; the others are the database calls alone, without either\n',
  );
  console.log(row('', ['p50 ms', 'p99 ms', 'x bare', 'x list']));
  for (const [name, { p50Ms, p99Ms, toBareCall, toOurFirstPage }] of Object.entries(figures))
    console.log(
      row(
        name,
        [p50Ms, p99Ms, toBareCall, toOurFirstPage].map((figure) => figure.toFixed(2)),
      ),
    );
}

function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
