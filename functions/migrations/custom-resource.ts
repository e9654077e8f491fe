import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import type { Database } from '../platform/database.ts';
import { required } from '../platform/env.ts';
import { log } from '../platform/log.ts';
import { Queue } from '../platform/queue.ts';
import { Secrets } from '../platform/secrets.ts';
import { connectOnce } from '../platform/single-attempt.ts';
import { FINISH_CONTRACT, finishMigrations, showMigrations, withCommand } from './commands.ts';
import type { ContinuationMessage } from './continuation-message.ts';
import { type MigrationOutcome, migrateForDeployment } from './deployment.ts';
import { reasonOf } from './failure.ts';
import { applyLogins } from './logins.ts';
import { measureFailure } from './metrics.ts';
import type { Migration } from './migration.ts';
import { readReport } from './report.ts';

/** CloudFormation's event, with the moment at which the deployment began. */
export type MigrationsEvent = CloudFormationCustomResourceEvent & { StartedAt?: string };

/** A slice ends well before the function: a statement begun in time may take 45 s. */
const MARGIN_MS = 60_000;
/** CloudFormation waits an hour at most and would then say only that it timed out. */
const GIVE_UP_MS = 50 * 60_000;
/** A rotation takes seconds; one that is not done by then has failed. */
const ROTATION_MS = 2 * 60_000;

const secrets = new Secrets();

/**
 * Does as much of a deployment's migrations as fits into one call of `leftMs` milliseconds. A deployment waits for what its code needs; a backfill
 * that takes longer than its minute is handed over to the queue.
 *
 * @throws Error with the reason and the command that goes on
 */
export async function runSlice(event: MigrationsEvent, migrations: Migration[], leftMs: number) {
  if (event.RequestType === 'Delete') return { IsComplete: true };
  const stack = event.StackId.split('/')[1] ?? event.StackId;
  const contract = event.ResourceProperties?.contract === 'true';
  const deadline = Date.now() + leftMs;
  const database = connectOnce(deadline);
  const running = Date.now() - Date.parse(event.StartedAt ?? '');
  try {
    const outcome = await migrateForDeployment({
      database,
      migrations,
      holder: `deployment ${event.RequestId} of ${stack}`,
      ...(event.StartedAt && { askedAt: Date.parse(event.StartedAt) }),
      latest: deadline - Math.min(MARGIN_MS, leftMs / 2),
      logins: () => makeLogins(database, deadline, running > ROTATION_MS),
      contract,
      log,
    });
    const answer = outcome.complete ? await complete(outcome, database, stack) : waiting(outcome.waiting, running);
    measureFailure(false);
    return answer;
  } catch (error) {
    log.error('migrations failed', { reason: reasonOf(error) });
    measureFailure(true);
    throw withCommand(error, contract ? FINISH_CONTRACT : finishMigrations(stack));
  }
}

const makeLogins = (database: Database, deadline: number, overdue: boolean) =>
  applyLogins({
    database,
    connect: (secretArn, loginPatienceMs) => connectOnce(deadline, { secretArn, loginPatienceMs }),
    secrets,
    logins: [
      { group: 'project_versions_api', secretArn: required('API_SECRET_ARN') },
      { group: 'project_versions_worker', secretArn: required('WORKER_SECRET_ARN') },
    ],
    overdue,
    log,
  });

/** Hands the rest of a backfill over, and answers what CloudFormation shows of the deployment. */
async function complete({ applied, goesOn }: MigrationOutcome & { complete: true }, database: Database, stack: string) {
  if (goesOn) {
    const message: ContinuationMessage = { type: 'continue-migrations', since: new Date().toISOString() };
    await new Queue(required('MIGRATIONS_QUEUE_URL')).send({ body: JSON.stringify(message) });
  }
  const report = await readReport(database);
  log.info('migrations are applied', { applied, goesOn, report });
  const Backfill = goesOn
    ? `was not done when the deployment ended, and goes on in ContinueMigrations: ${showMigrations(stack)} shows how far it is`
    : 'done';
  return { IsComplete: true, Data: { Applied: applied.join(' '), Report: JSON.stringify(report), Backfill } };
}

/** @throws when it has waited too long. `running` is NaN for an event without a beginning: it waits on. */
function waiting(reason: string, running: number) {
  log.info('migrations go on', { waiting: reason });
  if (running >= GIVE_UP_MS) throw new Error(`not done after 50 minutes, what is done is kept; last seen: ${reason}`);
  return { IsComplete: false };
}
