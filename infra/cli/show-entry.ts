import { clean } from '../../functions/platform/text.ts';
import type { Level, LogEntry } from './log-entry.ts';
import { paint } from './paint.ts';

const COLOURS: Partial<Record<Level, Parameters<typeof paint>[0]>> = {
  WARN: 'yellow',
  ERROR: 'red',
  CRITICAL: 'red',
  METRIC: 'gray',
  DEBUG: 'gray',
};

/** An entry in one line: when (UTC), how bad, which function, what, and the ids. */
export function showEntry({ at, function: name, level, message, fields }: LogEntry): string {
  const when = new Date(at).toISOString().slice(0, 23).replace('T', ' ');
  const colour = COLOURS[level];
  const shownLevel = level.padEnd(6);
  const shownFields = Object.entries(fields).map(
    ([key, value]) => `${paint('gray', `${shown(key)}=`)}${shown(word(value))}`,
  );
  return [
    paint('gray', when),
    colour ? paint(colour, shownLevel) : shownLevel,
    shown(name).padEnd(18),
    shown(message),
    ...shownFields,
  ].join(' ');
}

/** An error by its name and words, or by its name and what caused it; its stack is for --json. */
function word(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value === 'object' && value !== null && 'message' in value)
    return JSON.stringify(`${'name' in value ? `${value.name}: ` : ''}${value.message}`);
  if (typeof value === 'object' && value !== null && 'frames' in value) {
    const { name, causes = [] } = value as { name?: string; causes?: string[] };
    return [name, ...causes].join('<');
  }
  return JSON.stringify(value);
}

/** On one line, the lines it had shownFields apart. */
const shown = (text: string): string => clean(text).replace(/\s*\n\s*/g, ' | ');
