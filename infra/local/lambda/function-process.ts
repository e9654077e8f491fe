import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.js', import.meta.url));

// Descriptor 3 is a pipe that this process holds open. It closes when this process ends, also by kill -9, and then the reader ends the
// whole process group: also a function stuck in a loop, which could not watch the pipe itself. A watching worker thread in the function
// process costs 20 MB and 75 ms a process (measured), this reader under 1 MB and 1 ms.
const WATCHED = '{ while read -r _; do :; done; kill -9 -$$; } <&3 >/dev/null 2>&1 & exec "$@" 3<&- </dev/null';

/** A running function process. */
export interface FunctionProcess {
  /** Resolves once, when the process has ended and all it wrote was read. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(): void;
}

export interface FunctionProgram {
  environment: Record<string, string>;
  memoryMegabytes: number;
  /** Called with each line the function writes to standard output or error. */
  onLine(line: string): void;
}

/** Starts a function process. It never outlives this process. */
export function startFunctionProcess(program: FunctionProgram): FunctionProcess {
  const node = [
    process.execPath,
    // The shares Lambda's Node.js runtime gives the heap.
    `--max-old-space-size=${Math.floor(program.memoryMegabytes * 0.9)}`,
    `--max-semi-space-size=${Math.max(1, Math.floor(program.memoryMegabytes * 0.05))}`,
    BOOTSTRAP,
  ];
  const posix = process.platform !== 'win32';
  const [command, ...args] = posix ? ['/bin/sh', '-c', WATCHED, 'function', ...node] : node;
  const child = spawn(command as string, args, {
    env: program.environment,
    // A group of its own: Ctrl-C in the terminal reaches this process alone, which then stops its functions in order.
    detached: posix,
    windowsHide: true,
    stdio: [posix ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const watched = child.stdio[3] as Writable | null;
  watched?.on('error', () => {});
  const lines = [child.stdout, child.stderr].map((stream) => eachLine(stream, program.onLine));

  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((settle) => {
    child.once('error', () => settle({ code: 1, signal: null }));
    child.once('exit', (code, signal) => {
      watched?.destroy();
      settle({ code, signal });
    });
  });
  return {
    ended: exited.then(async (how) => {
      await Promise.all(lines);
      return how;
    }),
    kill: () => kill(child, posix),
  };
}

function kill(child: ChildProcess, group: boolean): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(group ? -child.pid : child.pid, 'SIGKILL');
  } catch {
    // Already gone: between the look above and the signal.
  }
}

function eachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): Promise<void> {
  return new Promise((settle) => {
    if (stream === null) return settle();
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    stream.once('close', () => {
      if (rest !== '') onLine(rest);
      settle();
    });
  });
}
