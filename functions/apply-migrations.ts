import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { FINISH_CONTRACT, finishMigrations, showMigrations, withCommand } from './migrations/commands.ts';
import type { ContinuationMessage } from './migrations/continuation-message.ts';
import { type MigrationOutcome, migrateForDeployment } from './migrations/deployment.ts';
import { reasonOf } from './migrations/failure.ts';
import { applyLogins } from './migrations/logins.ts';
import { measureFailure } from './migrations/metrics.ts';
import type { Migration } from './migrations/migration.ts';
import { readReport } from './migrations/report.ts';
import { correlationOf, invoked } from './platform/correlation.ts';
import type { Database } from './platform/database.ts';
import { required } from './platform/env.ts';
import { log } from './platform/log.ts';
import { Queue } from './platform/queue.ts';
import { Secrets } from './platform/secrets.ts';
import { connectOnce } from './platform/single-attempt.ts';

/** The files of migrations/, compiled in when the function is bundled. */
declare const __MIGRATIONS__: Migration[];

type Event = CloudFormationCustomResourceEvent & { StartedAt?: string };

/** One and the same for ever: another id would make CloudFormation delete the old resource. */
const PHYSICAL_ID = 'project-versions-migrations';
/** A slice ends well before the function: a statement begun in time may take 45 s. */
const MARGIN_MS = 60_000;
/** CloudFormation waits an hour at most and would then say only that it timed out. */
const GIVE_UP_MS = 50 * 60_000;
/** A rotation takes seconds; one that is not done by then has failed. */
const ROTATION_MS = 2 * 60_000;

const secrets = new Secrets();

/** Called once a deployment, first. Nothing is ever deleted, and an id this function never issued is left as it is. */
export async function onEvent(event: CloudFormationCustomResourceEvent) {
  const PhysicalResourceId = 'PhysicalResourceId' in event ? event.PhysicalResourceId : PHYSICAL_ID;
  return { PhysicalResourceId, StartedAt: new Date().toISOString() };
}

/**
 * Called again and again until it says so: does a slice of the work each time. Only what the code of the deployment counts on has to be done for that; a
 * backfill that takes longer than its minute is handed over. All its work bears the id of CloudFormation's request.
 */
export const isComplete = (event: Event, context: Context) =>
  invoked(context.awsRequestId, correlationOf(context.awsRequestId, event.RequestId), () => slice(event, context));

async function slice(event: Event, context: Context) {
  if (event.RequestType === 'Delete') return { IsComplete: true };
  const stack = event.StackId.split('/')[1] ?? event.StackId;
  const contract = event.ResourceProperties?.contract === 'true';
  const deadline = Date.now() + context.getRemainingTimeInMillis();
  const database = connectOnce(deadline);
  const running = Date.now() - Date.parse(event.StartedAt ?? '');
  try {
    const standing = await migrateForDeployment({
      database,
      migrations: __MIGRATIONS__,
      holder: `deployment ${event.RequestId} of ${stack}`,
      ...(event.StartedAt && { askedAt: Date.parse(event.StartedAt) }),
      latest: deadline - Math.min(MARGIN_MS, context.getRemainingTimeInMillis() / 2),
      logins: () => makeLogins(database, deadline, running > ROTATION_MS),
      contract,
      log,
    });
    const answer = standing.complete ? await complete(standing, database, stack) : waiting(standing.waiting, running);
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
