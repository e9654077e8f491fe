import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { LoadOptions, LoadResult, Order } from './load.ts';

/** Clients at work in a thread of their own. */
export interface RunningLoad {
  tell(order: Exclude<Order, 'end'>): void;
  /** Rejects when the clients cannot go on. */
  broken: Promise<never>;
  /** Ends them, each with the request it is at. */
  end(): Promise<LoadResult>;
  /** Ends them at once, wherever they are. Safe after `end`. */
  abandon(): Promise<unknown>;
}

/** Starts the clients of the old code, and resolves when all are at work. */
export async function startLoad(options: LoadOptions): Promise<RunningLoad> {
  const thread = new Worker(new URL('load.ts', import.meta.url), { workerData: options });
  const broken = once(thread, 'error').then(([error]): never => {
    throw error;
  });
  broken.catch(() => {});
  await Promise.race([once(thread, 'message'), broken]);
  const tell = (order: Order) => thread.postMessage(order);
  return {
    tell,
    broken,
    end: async () => {
      const result = once(thread, 'message');
      tell('end');
      const [message] = await Promise.race([result, broken]);
      return message as LoadResult;
    },
    abandon: () => thread.terminate(),
  };
}
