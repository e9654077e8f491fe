import type { Version } from '../../../functions/api-client/client.ts';
import { oneLine } from '../../../functions/platform/text.ts';

const COLUMNS: { title: string; width: number; value: (version: Version) => string }[] = [
  { title: 'VERSION', width: 9, value: ({ semver }) => semver ?? '-' },
  { title: 'TYPE', width: 6, value: ({ type }) => type ?? '-' },
  { title: 'STATUS', width: 9, value: ({ status }) => status },
  { title: 'DEPLOYED', width: 16, value: ({ deployedAt }) => deployedAt?.slice(0, 16).replace('T', ' ') ?? '-' },
  {
    title: 'CHANGES',
    width: 12,
    value: ({ stats }) => `+${stats.linesAdded ?? '?'} -${stats.linesRemoved ?? '?'}`,
  },
  { title: 'NAME', width: 60, value: ({ name }) => name ?? '(metadata pending)' },
];

/** A table of versions, for a terminal. */
export function versionTable(versions: Version[]): string {
  const line = (cells: string[]) =>
    COLUMNS.map(({ width }, column) => (cells[column] ?? '').slice(0, width).padEnd(width))
      .join('  ')
      .trimEnd();
  return [
    line(COLUMNS.map(({ title }) => title)),
    ...versions.map((version) => line(COLUMNS.map(({ value }) => oneLine(value(version))))),
  ]
    .map((text) => `  ${text}`)
    .join('\n');
}
