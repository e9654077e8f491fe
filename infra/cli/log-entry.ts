/** One line of a function's log, wherever it was read. */
export interface LogLine {
  /** Tells it from every other, also one of the same words. */
  id: string;
  /** Epoch ms. */
  at: number;
  function: string;
  text: string;
}

export type Level = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'CRITICAL' | 'METRIC';

/** A line as a person reads it. */
export interface LogEntry {
  at: number;
  function: string;
  level: Level;
  message: string;
  /** Ids, counts and reasons, in the order they were written. */
  fields: Record<string, unknown>;
}

/** What every line has, and says nothing about what happened. */
const COMMON = new Set([
  'level',
  'message',
  'timestamp',
  'service',
  'function',
  'function_name',
  'function_arn',
  'function_memory_size',
  'function_request_id',
  'cold_start',
  'sampling_rate',
  'xray_trace_id',
]);
/** Lambda's own lines about every call. */
const OF_EVERY_CALL = /^(START|END|INIT_START|REPORT) (RequestId|Runtime Version)/;
const FAILED = /\b(error|exception|timed out|exited|killed|PROBLEM)\b/i;

/**
 * Reads a line: structured, in CloudWatch's embedded metric format, or of Lambda itself.
 *
 * @returns undefined for what Lambda says of every call, unless that it failed
 */
export function readEntry({ at, function: name, text }: LogLine): LogEntry | undefined {
  const structured = parse(text);
  if (structured === undefined) {
    if (OF_EVERY_CALL.test(text) && !FAILED.test(text)) return undefined;
    return { at, function: name, level: FAILED.test(text) ? 'ERROR' : 'INFO', message: text.trim(), fields: {} };
  }
  const { _aws: metrics, ...fields } = structured;
  if (metrics !== undefined)
    return { at, function: name, level: 'METRIC', message: 'metrics', fields: without(fields) };
  const message = String(structured.message ?? '');
  return { at, function: name, level: levelOf(structured.level), message, fields: without(fields) };
}

/** Whether a line speaks of an id: one of its words, not a part of another one. */
export function mentions(text: string, id: string): boolean {
  for (let from = text.indexOf(id); from >= 0; from = text.indexOf(id, from + 1)) {
    if (!isIdPart(text[from - 1]) && !isIdPart(text[from + id.length])) return true;
  }
  return false;
}

const isIdPart = (character: string | undefined): boolean => character !== undefined && /[\w-]/.test(character);

function parse(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const LEVELS: readonly string[] = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL'];
const levelOf = (level: unknown): Level => (LEVELS.includes(String(level)) ? (level as Level) : 'INFO');

const without = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => !COMMON.has(key)));
