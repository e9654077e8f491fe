import type { LogLine } from './log-entry.ts';

/** Where the logs of a stack lie: this machine's files, or CloudWatch Logs. */
export interface LogSource {
  /** After how long to look again for what is new. */
  againMs: number;
  /** The functions that have a log, by the names the template gives them. */
  functions(): Promise<string[]>;
  /** What a function wrote from a moment on (epoch ms), the oldest line first. `containing`: lines without it may be left out. */
  read(name: string, since: number, containing?: string): AsyncIterable<LogLine>;
}

/** The lines of several functions in the order of time; no more of each is in memory than the source reads at once. */
export async function* merged(logs: AsyncIterable<LogLine>[]): AsyncGenerator<LogLine> {
  const next = async (lines: AsyncIterator<LogLine>) => ({ lines, result: await lines.next() });
  const heads = await Promise.all(logs.map((log) => next(log[Symbol.asyncIterator]())));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (!head.result.done && (!first || first.result.done || head.result.value.at < first.result.value.at))
        first = head;
    }
    if (!first || first.result.done) return;
    yield first.result.value;
    first.result = await first.lines.next();
  }
}
