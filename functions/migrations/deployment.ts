import { setTimeout as sleep } from 'node:timers/promises';
import type { LoginOutcome } from './logins.ts';
import type { Phase } from './migration.ts';
import { applyMigrations, type Outcome, type RunOptions } from './runner.ts';

/** What a deployment needs of the database. */
export interface Deployment extends Pick<RunOptions, 'database' | 'migrations' | 'holder' | 'askedAt' | 'log'> {
  /** Nothing new is begun after it (epoch ms). */
  latest: number;
  /** Makes the logins of the functions: called when all is there that they are granted. */
  logins: () => Promise<LoginOutcome>;
  /** Takes away what the old system used, when the backfill is done. */
  contract: boolean;
}

/** `goesOn`: enough is done for the deployment, and a backfill is left. */
export type MigrationOutcome =
  | { complete: true; applied: string[]; goesOn: boolean }
  | { complete: false; waiting: string };

/** The longest slice. Between two slices progress is reported, and another holder may take the lease. */
const LONGEST_SLICE_MS = 5 * 60_000;
/** What a backfill may take of a deployment's time. */
const BACKFILL_MS = 60_000;
/** Between two slices of somebody else's backfill the lease is free for some seconds. */
const ASK_AGAIN_MS = 1_000;

/**
 * A slice of what a deployment waits for: what its code counts on, and the logins. Then the backfill has a minute; a longer one is left to go on beside
 * the running system. A deployment that contracts waits for all of it.
 *
 * @throws MigrationFailed with a reason a person can act on, also of a backfill; what `logins` throws
 */
export async function migrateForDeployment(deployment: Deployment): Promise<MigrationOutcome> {
  const expanded = await slice(deployment, 'expand', LONGEST_SLICE_MS);
  if (!expanded.complete) return expanded;
  const made = await deployment.logins();
  if (!made.complete) return made;
  const rest = deployment.contract
    ? await slice(deployment, 'contract', LONGEST_SLICE_MS)
    : await slice(deployment, 'backfill', BACKFILL_MS);
  if (rest.complete) return { complete: true, applied: [...expanded.applied, ...rest.applied], goesOn: false };
  return deployment.contract ? rest : { complete: true, applied: expanded.applied, goesOn: true };
}

/** Runs the files up to and with `through` for so long; while somebody else has the lease it asks again, so that the next pause is its turn. */
async function slice(deployment: Deployment, through: Phase, ms: number): Promise<Outcome> {
  const { latest, logins: _logins, contract: _contract, ...run } = deployment;
  const until = Math.min(Date.now() + ms, latest);
  for (let asked = 0; ; asked++) {
    const outcome = await applyMigrations({ ...run, through, until });
    if (outcome.complete || Date.now() + ASK_AGAIN_MS >= until) return outcome;
    if (asked === 0) run.log.info('migrations wait', { waiting: outcome.waiting });
    await sleep(ASK_AGAIN_MS);
  }
}
