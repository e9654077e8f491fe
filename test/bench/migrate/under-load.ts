import { setTimeout as sleep } from 'node:timers/promises';
import type { TestDatabase } from '../../support/owned-database.ts';
import type { LoadResult } from './load.ts';
import type { LockWait, LockWatch, Session } from './lock-waits.ts';
import { PLAN } from './plan.ts';
import { type RunningLoad, startLoad } from './running-load.ts';

/** How long the clients are watched before anything happens to their database, and afterwards: what they are compared with. */
const ALONE_MS = 5_000;

export const [BEFORE, MEANWHILE, AFTERWARDS] = ['before', 'meanwhile', 'afterwards'];

export interface UnderLoad<Result> {
  result: Result;
  load: LoadResult;
  /** Of the clients alone, the longest first: before, and meanwhile. */
  waits: { before: LockWait[]; meanwhile: LockWait[]; afterwards: LockWait[] };
}

export interface Load {
  watch: LockWatch;
  clients: number;
  seed: number;
}

/** Does `work` while clients read and write as fast as they can. */
export async function underLoad<Result>(
  test: TestDatabase,
  { watch, clients, seed }: Load,
  work: (load: RunningLoad) => Promise<Result>,
): Promise<UnderLoad<Result>> {
  const { host, port, database, url: ownerUrl } = test;
  const load = await startLoad({ postgres: { host, port, database }, ownerUrl, clients, seed });
  try {
    load.tell({ stage: BEFORE });
    await watch.take();
    await Promise.race([sleep(ALONE_MS), load.broken]);
    const before = await watch.take();
    load.tell({ stage: MEANWHILE });
    const result = await Promise.race([work(load), load.broken]);
    const meanwhile = (await watch.take()).filter((session) => !migrates(test, session));
    load.tell({ stage: AFTERWARDS });
    await Promise.race([sleep(ALONE_MS), load.broken]);
    const seen = await load.end();
    return { result, load: seen, waits: { before, meanwhile, afterwards: await watch.take() } };
  } finally {
    await load.abandon();
  }
}

/**
 * Whether a session is the migration's. The plan's connection has its name. Ours come from the Data API, which names all of its connections alike: of those
 * the owner's, as the functions have logins of their own and the old code, which is the owner too, connects directly.
 */
function migrates({ user }: TestDatabase, { application, login }: Session): boolean {
  return application === PLAN || (application === 'rds-data-api' && login === user);
}

/** The waits behind the migration itself, or in a queue in which it waits. */
export const behindMigration = (test: TestDatabase, waits: LockWait[]): LockWait[] =>
  waits.filter(({ behind }) => behind.some((session) => migrates(test, session)));
