import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../local/cli.ts';
import { operate } from './command.ts';
import { type LogEntry, type LogLine, mentions, readEntry } from './log-entry.ts';
import { logFiles } from './log-files.ts';
import { logGroups } from './log-groups.ts';
import { type LogSource, merged } from './log-source.ts';
import { showEntry } from './show-entry.ts';

const USAGE = `Shows what all functions of a stack logged, in order of time (UTC), one line each.

  npm run logs
  npm run logs -- --id 01J... --since 2d

  --function NAME  of one function alone: ListVersions, or a part of its name
  --since TIME     for so long back: 90s, 15m, 2h, 3d (default 15m), or since a moment: 2026-01-31T12:00Z
  --errors         of level ERROR alone, and what broke
  --id ID          that speak of this version, project, request or correlation
  --metrics        the lines that are metrics too
  --follow         go on with what comes, until Ctrl-C
`;

const OPTIONS = {
  function: { type: 'string' },
  since: { type: 'string', default: '15m' },
  errors: { type: 'boolean', default: false },
  id: { type: 'string' },
  metrics: { type: 'boolean', default: false },
  follow: { type: 'boolean', default: false },
} as const;

/** How far back each poll reads again: CloudWatch ingests lines seconds late and out of order. */
const LATE_MS = 30_000;

/** @throws UsageError when there is none of that name, unless it may come */
async function chosen(source: LogSource, name: string | undefined, mayCome: boolean): Promise<string[]> {
  const names = await source.functions();
  const found = names.filter((each) => each.toLowerCase().includes(name?.toLowerCase() ?? ''));
  if (found.length === 0 && !mayCome)
    throw new UsageError(
      name === undefined
        ? 'nothing has been logged there yet'
        : `--function: got "${name}", there are ${names.sort().join(', ')}`,
    );
  return found;
}

const filterOf =
  ({ errors, id, metrics }: { errors: boolean; id?: string | undefined; metrics: boolean }) =>
  (line: LogLine): LogEntry | undefined => {
    if (id !== undefined && !mentions(line.text, id)) return undefined;
    const entry = readEntry(line);
    if (!entry || (entry.level === 'METRIC' && !metrics)) return undefined;
    return errors && !['ERROR', 'CRITICAL'].includes(entry.level) ? undefined : entry;
  };

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @throws UsageError */
function sinceOf(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const since = count === undefined ? Date.parse(text) : now - Number(count) * (UNITS[unit] ?? 0);
  if (Number.isNaN(since))
    throw new UsageError(`--since: got "${text}", allowed is 90s, 15m, 2h, 3d or a moment such as 2026-01-31T12:00Z`);
  return since;
}

const toJson = ({ at, ...entry }: LogEntry) => ({ time: new Date(at).toISOString(), ...entry });

// Whoever reads it may have read enough: ... | head
process.stdout.on('error', () => process.exit());

await operate({ usage: USAGE, options: OPTIONS }, async ({ values }) => {
  const { stack, data, json, id, follow } = values;
  const source = stack === undefined ? logFiles(join(data, 'logs')) : logGroups(stack);
  const wanted = filterOf(values);
  let since = sinceOf(values.since, Date.now());
  for (let printed = new Map<string, number>(); ; await sleep(source.againMs)) {
    // A function has a log when it has been called.
    const names = await chosen(source, values.function, follow);
    for await (const line of merged(names.map((name) => source.read(name, since, id)))) {
      if (printed.has(line.id)) continue;
      if (follow) printed.set(line.id, line.at);
      const entry = wanted(line);
      if (entry) console.log(json ? JSON.stringify(toJson(entry)) : showEntry(entry));
    }
    if (!follow) return;
    since = Math.max(since, Date.now() - LATE_MS);
    printed = new Map([...printed].filter(([, at]) => at >= since));
  }
});
