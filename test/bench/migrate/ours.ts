import { setTimeout as sleep } from 'node:timers/promises';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import type { Migration, Phase } from '../../../functions/migrations/migration.ts';
import { applyMigrations } from '../../../functions/migrations/runner.ts';
import { Database } from '../../../functions/platform/database.ts';
import { databaseFailure } from '../../../functions/platform/database-failure.ts';
import { DatabaseError } from '../../../functions/platform/errors.ts';
import { compileMigrations } from '../../../infra/build/compile-migrations.ts';
import { startDataApi } from '../../../infra/local/data-api/server.ts';
import type { TestDatabase } from '../../support/owned-database.ts';
import { type StepFigures, StepLog } from './step-log.ts';

const CLUSTER_ARN = 'arn:aws:rds:us-east-1:000000000000:cluster:migrating';
const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:owner';
/** As long as a slice may be whose function has little more time than one. */
const SLICE_MS = 40_000;
/** Between two slices, as the custom resource's framework asks again. */
const PAUSE_MS = 100;
/** What a migration that steps back is told: lock not available in time, a deadlock, a serialization failure. */
const STEPS_BACK = new Set(['55P03', '40P01', '40001']);

export interface OurFigures {
  /** Milliseconds by phase. */
  ms: Record<string, number>;
  slices: number;
  steps: StepFigures[];
  /** How often it gave way to others, and came back. */
  steppedBack: number;
}

/**
 * Migrates as a deployment does: through the Data API, as the owner, expand first and then the backfill in slices.
 *
 * @param expanded is called in between
 */
export async function runMigrations(test: TestDatabase, expanded: () => Promise<void>): Promise<OurFigures> {
  const dataApi = await startDataApi({
    postgres: { host: test.host, port: test.port },
    clusters: [{ clusterArn: CLUSTER_ARN }],
    secrets: new Map([[SECRET_ARN, { username: test.user, password: test.password }]]),
    warn: () => {},
  });
  // As functions/apply-migrations.ts has it.
  const client = new RDSDataClient({
    endpoint: dataApi.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    maxAttempts: 1,
  });
  let steppedBack = 0;
  client.middlewareStack.add(
    (next) => (args) =>
      next(args).catch((error: unknown) => {
        const failure = databaseFailure(error);
        if (failure instanceof DatabaseError && STEPS_BACK.has(failure.sqlState)) steppedBack += 1;
        throw error;
      }),
    { step: 'initialize' },
  );
  const database = new Database({ client, clusterArn: CLUSTER_ARN, secretArn: SECRET_ARN, database: test.database });
  const migrations = await compileMigrations();
  const steps = new StepLog(migrations);
  const ms: Record<string, number> = {};
  let slices = 0;
  for (const phase of ['expand', 'backfill'] as const) {
    const began = performance.now();
    slices += await migrate(database, migrations, phase, steps);
    ms[phase] = performance.now() - began;
    if (phase === 'expand') await expanded();
  }
  client.destroy();
  await dataApi.close();
  return { ms, slices, steps: steps.figures(), steppedBack };
}

/** @returns in how many slices */
async function migrate(database: Database, migrations: Migration[], through: Phase, log: StepLog): Promise<number> {
  for (let slices = 1; ; slices += 1) {
    const outcome = await applyMigrations({
      ...{ database, migrations, through, holder: 'deployment bench', log },
      until: Date.now() + SLICE_MS,
    });
    if (outcome.complete) return slices;
    await sleep(PAUSE_MS);
  }
}
