import { oneLine } from '../../functions/platform/text.ts';

/** What may stand in a table: somebody's text, or a text of ours with a colour. */
export type Cell = string | { painted: string };

/** Rows under a head, a line each whatever is in them, columns as wide as that; the last one as it is. */
export function table(head: string[], cells: Cell[][]): string {
  const rows = cells.map((row) => row.map((cell) => (typeof cell === 'string' ? oneLine(cell) : cell.painted)));
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)));
  return [head, ...rows]
    .map(
      (row) =>
        `  ${row.map((text, column) => (column === row.length - 1 ? text : text.padEnd(widths[column] ?? 0))).join('  ')}`,
    )
    .join('\n');
}
