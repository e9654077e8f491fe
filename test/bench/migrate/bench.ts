import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../../infra/local/postgres.ts';
import { connected } from '../../support/connected.ts';
import { makeLogin } from '../../support/login.ts';
import { createDatabase, type TestDatabase } from '../../support/owned-database.ts';
import { compare } from './compare.ts';
import { gatherEvidence } from './evidence.ts';
import { type Figures, figuresOf } from './figures.ts';
import { LockWatch } from './lock-waits.ts';
import { runMigrations } from './ours.ts';
import { leftBehind, runPlan } from './plan.ts';
import type { Report } from './report.ts';
import { seed as seedLegacy } from './seed.ts';
import { type Load, underLoad } from './under-load.ts';

/** `skipPlan`: ours alone. */
export interface MigrationOptions {
  versions: number;
  clients: number;
  seed: number;
  skipPlan?: boolean;
}

/** Migrates a database as the old system left it, with clients at work, by our migrations and by the plan's. */
export async function measureMigrations(options: MigrationOptions): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), 'project-versions-bench-'));
  const postgres = await startPostgres({ dataDir });
  try {
    return await measure(postgres.url(), options);
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measure(serverUrl: string, { versions, clients, seed, skipPlan }: MigrationOptions): Promise<Report> {
  const legacy = await createDatabase(serverUrl);
  await connected(legacy.url, (owner) => seedLegacy(owner, versions, seed));
  const watch = await LockWatch.start(serverUrl);
  try {
    const load = { watch, clients, seed };
    const ours = await measureOurs(await legacy.copy(), legacy, load);
    const plan = skipPlan ? undefined : await measurePlan(await legacy.copy(), load);
    return { versions, clients, seed, ours, plan };
  } finally {
    await watch.stop();
  }
}

async function measureOurs(test: TestDatabase, legacy: TestDatabase, load: Load): Promise<Report['ours']> {
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

async function measurePlan(test: TestDatabase, load: Load): Promise<Figures> {
  const seen = await underLoad(test, load, async () => ({
    ms: await runPlan(test.url),
    // Before anything more is written: by then, says the plan, new code is there.
    left: await connected(test.url, leftBehind),
  }));
  const { rows, example } = seen.result.left;
  const wrong = rows > 0 ? [{ what: 'names written meanwhile and not carried over', rows, example }] : [];
  return figuresOf(test, seen, seen.result.ms, wrong);
}
