import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogLine } from './log-entry.ts';
import type { LogSource } from './log-source.ts';

const CHUNK = 65_536;
/** The stack's name, and the function's as the template has it. */
const FILE = /^.*-(\w+)\.log$/;

/** The logs of the stack on this machine, a file a function. */
export const logFiles = (folder: string): LogSource => ({
  againMs: 1_000,
  async functions() {
    const names = await readdir(folder).catch(() => []);
    return names.flatMap((name) => FILE.exec(name)?.[1] ?? []);
  },
  async *read(name, since) {
    const file = await open(join(folder, await fileOf(folder, name)));
    try {
      const { size } = await file.stat();
      let at = 0;
      for await (const { offset, text } of linesFrom(file, await beginning(file, size, since), size)) {
        // Lambda's own lines and stack traces bear no time: they came with the line before.
        at = timeOf(text) ?? at;
        if (at >= since) yield { id: `${name}:${offset}`, at, function: name, text } satisfies LogLine;
      }
    } finally {
      await file.close();
    }
  },
});

async function fileOf(folder: string, name: string): Promise<string> {
  return (await readdir(folder)).find((file) => FILE.exec(file)?.[1] === name) ?? name;
}

/** Where the lines since a moment begin, or a little before: lines are in the order of time, so halving finds it in some 20 reads however large the file is. */
async function beginning(file: FileHandle, size: number, since: number): Promise<number> {
  let [from, to] = [0, size];
  while (to - from > CHUNK) {
    const middle = Math.floor((from + to) / 2);
    const at = await firstTime(file, middle, to);
    if (at === undefined || at >= since) to = middle;
    else from = middle;
  }
  return from;
}

/** The time of the first line behind an offset that bears one. */
async function firstTime(file: FileHandle, offset: number, end: number): Promise<number | undefined> {
  for await (const { text } of linesFrom(file, offset, end)) {
    const at = timeOf(text);
    if (at !== undefined) return at;
  }
  return undefined;
}

/** The whole lines between two offsets, a chunk at a time; the one the first offset is in the middle of is left out. */
async function* linesFrom(
  file: FileHandle,
  from: number,
  end: number,
): AsyncGenerator<{ offset: number; text: string }> {
  const buffer = Buffer.alloc(CHUNK);
  let rest = Buffer.alloc(0);
  // The character before tells whether a line begins here.
  let offset = from === 0 ? 0 : from - 1;
  let skip = from > 0;
  for (let at = offset; at < end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, end - at), at);
    if (bytesRead === 0) return;
    at += bytesRead;
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    for (let length = rest.indexOf(10); length >= 0; length = rest.indexOf(10)) {
      if (!skip && length > 0) yield { offset, text: rest.toString('utf8', 0, length) };
      skip = false;
      offset += length + 1;
      rest = rest.subarray(length + 1);
    }
  }
}

/** Powertools' `timestamp`, or the embedded metric format's `Timestamp`. */
function timeOf(text: string): number | undefined {
  const [, iso, epoch] = /"timestamp":"([^"]+)"|"Timestamp":(\d+)/.exec(text) ?? [];
  const at = iso === undefined ? Number(epoch) : Date.parse(iso);
  return Number.isFinite(at) ? at : undefined;
}
