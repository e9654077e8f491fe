import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Taken, Told } from './stack.ts';

/** A stack in a process of its own, with a history in it. */
export interface LoadedStack {
  pid: number;
  api: string;
  /** By user. */
  tokens: Record<string, string>;
  /** What has been spent since the last time. */
  take(): Promise<Taken>;
  /** Ends it and removes its data. Safe to call twice. */
  stop(): Promise<void>;
}

class StackNotStarted extends Error {
  override name = 'StackNotStarted';
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** @throws StackNotStarted with the stack's own words */
export async function startLoadedStack(): Promise<LoadedStack> {
  const folder = await mkdtemp(join(tmpdir(), 'project-versions-load-'));
  const child = fork(new URL('stack.ts', import.meta.url), [folder]);
  // Whatever becomes of a message to it: a process that is asked and has been told to end is no failure.
  child.on('error', () => {});
  const ended = new Promise((settle) => child.once('exit', settle));
  const end = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await ended;
    // PostgreSQL may outlive it by a moment when it is told to end while it starts.
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    for (const signal of SIGNALS) process.off(signal, interrupt);
  };
  let ending: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    ending ??= end();
    return ending;
  };
  // Ctrl-C reaches all processes of a terminal; the stack's leaves it to this one to end it in order.
  const interrupt = (): void => void stop().finally(() => process.exit(130));
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    const { api, tokens } = (await answer(child)) as Extract<Told, { api: string }>;
    return {
      pid: child.pid ?? Number.NaN,
      ...{ api, tokens },
      take: async () => {
        child.send('take');
        return (await answer(child)) as Taken;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answer(child: ChildProcess): Promise<Told> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const exit = once(child, 'exit', { signal }).then(([code]): Told => ({ failed: `its process ended with ${code}` }));
  const told = await Promise.race([once(child, 'message', { signal }).then(([message]) => message as Told), exit]);
  exit.catch(() => {});
  waiting.abort();
  if ('failed' in told) throw new StackNotStarted(`The stack to load did not start: ${told.failed}`);
  return told;
}
