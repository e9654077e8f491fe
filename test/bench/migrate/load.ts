/** The thread of the clients: nothing else the bench does makes them wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import { Random } from '../../support/simulation/random.ts';
import { type Ends, read, writeNew, writeOld } from './clients.ts';
import { type Logins, NewCode } from './new-code.ts';
import { OldCode } from './old-code.ts';
import { Requests, type Stages } from './requests.ts';
import { drawTargets } from './targets.ts';
import { type Expected, type Publication, Written } from './written.ts';

/** Which database is loaded, by how many readers and as many writers of each code. */
export interface LoadOptions {
  postgres: { host: string; port: number; database: string };
  ownerUrl: string;
  clients: number;
  seed: number;
}

/** What is told to the clients: what goes on meanwhile, that the new code may begin, that it is over. */
export type Order = { stage: string } | { newCode: Logins } | 'end';

/** What the clients have seen, and what has to be in the database now. */
export interface LoadResult {
  stages: Stages;
  versions: Expected[];
  publications: Publication[];
  uncertainProjects: string[];
}

const { postgres, ownerUrl, clients, seed } = workerData as LoadOptions;
const requests = new Requests();
const written = new Written();
const ends: Ends = { ended: false };
const working: Promise<void>[] = [];
const codes: (OldCode | NewCode)[] = [];

const connection = new pg.Client(ownerUrl);
await connection.connect();
const shares = await drawTargets(connection, clients, seed);
await connection.end();

/** Each client has choices of its own. */
let seeds = seed;
function nextRandom(): Random {
  seeds += 1;
  return new Random(seeds);
}

async function beginNewCode(logins: Logins): Promise<void> {
  const code = await NewCode.connect(postgres, logins, requests, written);
  codes.push(code);
  const clients = shares.flatMap((share) => [
    read(code, share, nextRandom(), ends),
    writeNew(code, share, nextRandom(), ends),
  ]);
  await Promise.all(clients);
}

parentPort?.on('message', (order: Order) => {
  if (order === 'end') ends.ended = true;
  else if ('stage' in order) requests.stage = order.stage;
  else working.push(beginNewCode(order.newCode));
});
for (const share of shares) {
  for (const work of [read, writeOld]) {
    const code = await OldCode.connect(ownerUrl, requests, written);
    codes.push(code);
    working.push(work(code, share, nextRandom(), ends));
  }
}
parentPort?.postMessage('at work');

while (!ends.ended) await sleep(20);
await Promise.all(working);
for (const code of codes) await code.end();
parentPort?.postMessage({
  stages: requests.stages,
  versions: [...written.versions.values()],
  publications: written.publications,
  uncertainProjects: [...written.uncertainProjects],
} satisfies LoadResult);
parentPort?.close();
