import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** What a log may say of an error. */
export interface Failure {
  name: string;
  sqlState?: string;
  /** The kinds of what caused it, the nearest first. */
  causes?: string[];
  /** Of the service's answer, for a question to AWS. */
  awsRequestId?: string;
  /** Where it was thrown, and from where that was called. */
  frames: string[];
}

const FRAMES = 8;

/**
 * An error as a log may hold it: kinds, ids and places. Never its message, nor that of a cause: they may quote what was sent, and a detail line of PostgreSQL
 * what is stored.
 */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const chain = causesOf(error);
  const { sqlState } = error as { sqlState?: string };
  const awsRequestId = chain
    .map((each) => (each as { $metadata?: { requestId?: string } }).$metadata?.requestId)
    .find((id) => id !== undefined);
  return {
    name: error.name,
    ...(sqlState !== undefined && { sqlState }),
    ...(chain.length > 1 && { causes: chain.slice(1).map(({ name }) => name) }),
    ...(awsRequestId !== undefined && { awsRequestId }),
    frames: inSource(framesOf(error).slice(0, FRAMES)),
  };
}

/** A message may have lines that look like these: what is before the end of it is left out, and all where it stands no more as it is. */
function framesOf({ stack = '', message }: Error): string[] {
  const at = stack.indexOf(message);
  if (at < 0 || stack.slice(0, at).includes('\n')) return [];
  return stack
    .slice(at + message.length)
    .split('\n')
    .filter((line) => line.startsWith('    at '));
}

function causesOf(error: Error): Error[] {
  const chain: Error[] = [];
  for (let each: unknown = error; each instanceof Error && !chain.includes(each); each = each.cause) chain.push(each);
  return chain;
}

/**
 * The frames as places in the sources, where the bundle's map lies beside it. It is read when something has failed: with --enable-source-maps
 * Node.js would read it at every start, for 7 ms.
 */
function inSource(frames: string[]): string[] {
  try {
    const map = new SourceMap(JSON.parse(readFileSync(`${import.meta.filename}.map`, 'utf8')));
    return frames.map((frame) => placeIn(map, frame) ?? frame.trim());
  } catch {
    return frames.map((frame) => frame.trim());
  }
}

function placeIn(map: SourceMap, frame: string): string | undefined {
  const [, line, column] = /index\.mjs:(\d+):(\d+)\)?$/.exec(frame) ?? [];
  const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
  if (!('originalSource' in entry)) return undefined;
  const source = entry.originalSource.replace(/^(?:\.\.\/)+/, '');
  return `at ${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}
