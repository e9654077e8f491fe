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
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

class StackNotStarted extends Error {
  override name = 'StackNotStarted';
}

/** @throws StackNotStarted with the stack's own words */
export async function startLoadedStack(): Promise<LoadedStack> {
  const folder = await mkdtemp(join(tmpdir(), 'project-versions-load-'));
  const child = fork(new URL('stack.ts', import.meta.url), [folder]);
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
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
