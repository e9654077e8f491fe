/** What the migrations cost those who use the database meanwhile, and whether anything is lost: `npm run bench:migrate -- --help`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../../infra/local/postgres.ts';
import { makeLogin } from '../../support/login.ts';
import { createDatabase, type TestDatabase } from '../../support/owned-database.ts';
import { compare } from './compare.ts';
import { connected, copyDatabase } from './databases.ts';
import { gatherEvidence } from './evidence.ts';
import { type Figures, figuresOf, goalsOf } from './figures.ts';
import { LockWatch } from './lock-waits.ts';
import { runMigrations } from './ours.ts';
import { leftBehind, runPlan } from './plan.ts';
import { printReport, type Report } from './report.ts';
import { seed as seedLegacy } from './seed.ts';
import { type Load, underLoad } from './under-load.ts';

const HELP = `npm run bench:migrate -- [options]

Fills a database as the old system left it, and migrates it twice, with clients at work: by this product's migrations through the Data API, and by the plan
(two backups, fifteen columns, one update). Measures how long it takes, how long clients wait for locks and which of their requests fail; then compares
every row with what it was and with what the clients were told is written.

  --versions N   how many versions there are (default 100000; 2000000 takes an hour or more)
  --clients N    readers, and as many writers, of the old code and of the new (default 3)
  --seed S       the data and the clients' choices (default 1)
  --skip-plan    ours alone
  --no-goals     exit with 0 also when a goal is missed: no row lost or wrong, no request failed, no wait of half a second
  --json         all figures, for scripts
  --help         this text`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    versions: { type: 'string', default: '100000' },
    clients: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    'skip-plan': { type: 'boolean', default: false },
    goals: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [versions, clients, seed] = [
  wholeNumber('versions', 10_000),
  wholeNumber('clients', 1, 10),
  wholeNumber('seed', 0),
];

if (values.help) console.log(HELP);
else {
  const report = await withPostgres(bench);
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else printReport(report);
  const missed = Object.values(goalsOf(report.ours)).some(({ met }) => !met);
  if (missed && values.goals) process.exitCode = 1;
}

function wholeNumber(name: 'versions' | 'clients' | 'seed', min: number, max = 100_000_000): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new Error(`--${name} must be a whole number from ${min} to ${max}, not ${values[name]}`);
  return value;
}

async function withPostgres<Result>(work: (serverUrl: string) => Promise<Result>): Promise<Result> {
  const dataDir = await mkdtemp(join(tmpdir(), 'project-versions-bench-'));
  const postgres = await startPostgres({ dataDir });
  try {
    return await work(postgres.url());
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function bench(serverUrl: string): Promise<Report> {
  const legacy = await createDatabase(serverUrl);
  await connected(legacy.url, (owner) => seedLegacy(owner, versions, seed));
  const copy = (suffix: string) => copyDatabase(serverUrl, legacy, suffix);
  const watch = await LockWatch.start(serverUrl);
  try {
    const load = { watch, clients, seed };
    const ours = await benchOurs(await copy('ours'), legacy, load);
    const plan = values['skip-plan'] ? undefined : await benchPlan(await copy('plan'), load);
    return { versions, clients, seed, ours, plan };
  } finally {
    await watch.stop();
  }
}

async function benchOurs(test: TestDatabase, legacy: TestDatabase, load: Load): Promise<Report['ours']> {
  const seen = await underLoad(test, load, ({ tell }) =>
    runMigrations(test, async () => {
      const [api, worker] = await connected(test.url, async (owner) => [
        await makeLogin(owner, test, 'api'),
        await makeLogin(owner, test, 'worker'),
      ]);
      tell({ newCode: { api, worker } });
    }),
  );
  const admin = await gatherEvidence(test, legacy, seen.load);
  const { wrong, unjudged } = await compare(admin);
  await admin.end();
  return { ...seen.result, ...figuresOf(test, seen, seen.result.ms, wrong), unjudged };
}

async function benchPlan(test: TestDatabase, load: Load): Promise<Figures> {
  const seen = await underLoad(test, load, async () => ({
    ms: await runPlan(test.url),
    // Before anything more is written: by then, says the plan, new code is there.
    left: await connected(test.url, leftBehind),
  }));
  const { rows, example } = seen.result.left;
  const wrong = rows > 0 ? [{ what: 'names written meanwhile and not carried over', rows, example }] : [];
  return figuresOf(test, seen, seen.result.ms, wrong);
}
