import { cells, milliseconds } from './cells.ts';
import type { Listed, ListFigures, Timed } from './list.ts';

/** Prints them as tables. */
export function printList({ turns, versions, bareCall, through, byDepth, bySize }: ListFigures): void {
  const first = through['list: first page and total']?.ms.p50 ?? Number.NaN;
  console.log(
    `\n${turns} requests each, in turn, one client, in a project of ${versions.toLocaleString('en')} versions\n`,
  );
  cells('', ['p50 ms', 'p95 ms', 'p99 ms', 'x bare', 'x list']);
  const row = (name: string, { ms, toBareCall }: Timed): void =>
    cells(name, [...[ms.p50, ms.p95, ms.p99].map(milliseconds), toBareCall.toFixed(2), (ms.p50 / first).toFixed(2)]);
  row('bare SDK call, select 1', { ms: bareCall, toBareCall: 1 });
  for (const [name, timed] of Object.entries(through)) row(name, timed);
  printListed('the database calls alone: p50 ms of the page after so many versions', byDepth);
  printListed('p50 ms of the first page of a project of so many versions', bySize);
}

function printListed(title: string, listed: Listed[]): void {
  console.log('');
  cells(title, []);
  cells(
    '',
    [...new Set(listed.map(({ at }) => at))].map((at) => at.toLocaleString('en')),
  );
  for (const [way, of] of Map.groupBy(listed, (each) => each.way))
    cells(
      way,
      of.map(({ ms }) => milliseconds(ms.p50)),
    );
}
