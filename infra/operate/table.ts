/** Rows under a head, columns as wide as what is in them; the last one as it is. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)));
  return [head, ...rows]
    .map(
      (row) =>
        `  ${row.map((text, column) => (column === row.length - 1 ? text : text.padEnd(widths[column] ?? 0))).join('  ')}`,
    )
    .join('\n');
}
