import { parentPort, workerData } from 'node:worker_threads';
import { live } from './history.ts';
import { violations } from './invariants.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import { World } from './world.ts';

/** Histories to live, until one goes wrong: `tries` of them from `seed`, with a fault planted or without one. */
export interface Job {
  seed: number;
  tries: number;
  mutant?: string;
}

/** A history that went wrong, and in what. */
export interface Failure {
  seed: number;
  violations: string[];
  steps: string[];
}

export interface Result {
  job: Job;
  histories: number;
  failure: Failure | undefined;
}

const { postgresUrl, bundles } = workerData as { postgresUrl: string; bundles: string };
const world = await World.open(postgresUrl, bundles);

parentPort?.on('message', async (job: Job | null) => {
  if (job) return parentPort?.postMessage(await work(job));
  await world.close();
  parentPort?.close();
});
// Ready for the first job.
parentPort?.postMessage(null);

async function work(job: Job): Promise<Result> {
  const mutant = MUTANTS.find(({ name }) => name === job.mutant);
  const undo = mutant && (await plant(mutant));
  let histories = 0;
  let failure: Failure | undefined;
  while (!failure && histories < job.tries) {
    failure = await liveOne(job.seed + histories++);
    // What a history that went wrong has left would be in the next one's way.
    if (mutant || failure) await world.forget();
  }
  await undo?.();
  return { job, histories, failure };
}

async function liveOne(seed: number): Promise<Failure | undefined> {
  try {
    const history = await live(world, seed);
    const found = await violations(world, history);
    return found.length > 0 ? { seed, violations: found, steps: history.steps } : undefined;
  } catch (error) {
    return { seed, violations: [String((error as Error).stack ?? error)], steps: [] };
  }
}

/** @returns what takes the fault out again */
async function plant(mutant: Mutant): Promise<() => Promise<void>> {
  if ('source' in mutant) {
    await world.load(mutant.source);
    return () => world.load();
  }
  const { owner } = world;
  const { function: name, changes } = mutant.sql;
  const { rows } = await owner.query('select pg_get_functiondef(to_regproc($1)) as source', [name]);
  const whole = rows[0].source as string;
  let faulty = whole;
  for (const [find, put] of changes) {
    if (whole.split(find).length !== 2)
      throw new Error(`${name} does not hold once what "${mutant.name}" takes out: ${find}`);
    faulty = faulty.replace(find, () => put);
  }
  await owner.query(faulty);
  return async () => {
    await owner.query(whole);
  };
}
