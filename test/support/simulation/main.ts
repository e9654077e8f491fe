/**
 * Lives histories and looks whether anything was lost, doubled or overwritten: `npm run simulate -- --help`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { startPostgres } from '../../../infra/local/postgres.ts';
import { ProgressBar } from '../../../infra/local/progress.ts';
import { bundleForSimulation } from './functions.ts';
import { MUTANTS } from './mutants.ts';
import type { Failure, Job, Result } from './thread.ts';

const HELP = `npm run simulate -- [--runs N] [--seed S] [--mutants] [--json]

Lives N seeded histories (50) over the bundled functions, PostgreSQL and SQS: duplicates, disorder, crashes, a database and a model that fail, people
who edit and publish. After each it looks whether anything was lost, doubled or overwritten.

  --runs N     how many, or with --mutants how many each fault has to be caught in
  --seed S     the first one's seed (default: any); a history that went wrong is lived again with --runs 1 --seed S
  --mutants    plants each known fault in turn and says which history caught it
  --some N     with --mutants: N of the faults, whichever
  --json       one line of JSON, for scripts
  --postgres U a PostgreSQL that is running, by its superuser's URL (default: one of its own)
  --help       this text`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    mutants: { type: 'boolean', default: false },
    some: { type: 'string', default: String(MUTANTS.length) },
    json: { type: 'boolean', default: false },
    postgres: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [runs, firstSeed, some] = [Number(values.runs), Number(values.seed), Number(values.some)];
for (const [name, value] of [
  ['--runs', runs],
  ['--seed', firstSeed],
  ['--some', some],
] as const)
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} must be a whole number from 0`);

/** A history mostly waits, for answers that come late or never: more than one a processor. */
const THREADS = 3;

if (values.help) console.log(HELP);
else process.exitCode = (await withPostgres((url) => simulate(url))) ? 0 : 1;

async function withPostgres<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
  if (values.postgres) return work(values.postgres);
  const dataDir = await mkdtemp(join(tmpdir(), 'project-versions-simulation-'));
  const postgres = await startPostgres({ dataDir, durable: false });
  try {
    return await work(postgres.url());
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function simulate(postgresUrl: string): Promise<boolean> {
  if (values.mutants) return catchMutants(postgresUrl);
  const bar = values.json ? undefined : new ProgressBar('Living histories', runs);
  const failures: Failure[] = [];
  const jobs = Array.from({ length: runs }, (_, n): Job => ({ seed: firstSeed + n, tries: 1 }));
  await shareOut(postgresUrl, jobs, ({ failure }) => {
    if (failure) failures.push(failure);
    bar?.tick();
  });
  if (values.json) console.log(JSON.stringify({ runs, seed: firstSeed, failures }));
  else report(failures);
  return failures.length === 0;
}

/** Has a few threads, each with a world of its own, take one job after the other. */
async function shareOut(postgresUrl: string, jobs: Job[], onResult: (result: Result) => void): Promise<void> {
  const waiting = [...jobs];
  const bundles = await mkdtemp(join(tmpdir(), 'project-versions-simulation-'));
  await bundleForSimulation(bundles);
  await Promise.all(
    Array.from({ length: Math.min(THREADS, jobs.length) }, () => {
      const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData: { postgresUrl, bundles } });
      const next = () => thread.postMessage(waiting.shift() ?? null);
      thread.on('message', (result: Result | null) => {
        if (result) onResult(result);
        next();
      });
      return new Promise<void>((resolve, reject) => thread.once('error', reject).once('exit', () => resolve()));
    }),
  );
  await rm(bundles, { recursive: true });
}

function report(failures: Failure[]): void {
  for (const { seed, violations, steps } of failures) {
    console.log(`\nHistory ${seed} went wrong: npm run simulate -- --runs 1 --seed ${seed}`);
    for (const each of violations) console.log(`  ${each}`);
    console.log(`  after: ${steps.join(', ')}`);
  }
  if (failures.length === 0)
    console.log(`${runs} histories from seed ${firstSeed}: nothing lost, doubled or overwritten.`);
}

async function catchMutants(postgresUrl: string): Promise<boolean> {
  const caught: { mutant: string; histories: number; failure: Failure | undefined }[] = [];
  const from = Math.floor(Math.random() * MUTANTS.length);
  const planted = [...MUTANTS.slice(from), ...MUTANTS.slice(0, from)].slice(0, some);
  const jobs = planted.map(({ name, near = 0 }): Job => ({ seed: firstSeed + near, tries: runs, mutant: name }));
  await shareOut(postgresUrl, jobs, ({ job: { mutant = '' }, histories, failure }) => {
    caught.push({ mutant, histories, failure });
    if (values.json) return;
    const found = failure ? `caught in ${histories}`.padEnd(14) : 'NOT CAUGHT    ';
    console.log(`${found} ${mutant}${failure ? `: ${failure.violations[0]}` : ''}`);
  });
  if (values.json) console.log(JSON.stringify({ seed: firstSeed, caught }));
  return caught.every(({ failure }) => failure);
}
