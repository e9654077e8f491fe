import { RDSDataClient } from '@aws-sdk/client-rds-data';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { reasonOf } from './migrations/failure.ts';
import { applyLogins } from './migrations/logins.ts';
import type { Migration } from './migrations/migration.ts';
import { readReport } from './migrations/report.ts';
import { applyMigrations } from './migrations/runner.ts';
import { Database } from './platform/database.ts';
import { databaseFromEnv, required } from './platform/env.ts';
import { log } from './platform/log.ts';
import { Secrets } from './platform/secrets.ts';

/** The files of migrations/, compiled in when the function is bundled. */
declare const __MIGRATIONS__: Migration[];

/** One and the same for ever: another id would make CloudFormation delete the old resource. */
const PHYSICAL_ID = 'project-versions-migrations';
/** A slice ends well before the function: a statement begun in time may take 45 s. */
const MARGIN_MS = 60_000;
const LONGEST_SLICE_MS = 5 * 60_000;
/** CloudFormation waits an hour at most and would then say only that it timed out. */
const GIVE_UP_MS = 50 * 60_000;
/** A rotation takes seconds; one that is not done by then has failed. */
const ROTATION_MS = 2 * 60_000;

// No retries inside the SDK: it would repeat a statement in a transaction that has it already. The runner repeats the whole step.
const client = new RDSDataClient({
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 50_000 },
});

const secrets = new Secrets();

/** Called once a deployment, first. Nothing is ever deleted, and an id this function never issued is left as it is. */
export async function onEvent(event: CloudFormationCustomResourceEvent) {
  const PhysicalResourceId = 'PhysicalResourceId' in event ? event.PhysicalResourceId : PHYSICAL_ID;
  return { PhysicalResourceId, StartedAt: new Date().toISOString() };
}

/** Called again and again until it says so: does a slice of the work each time. */
export async function isComplete(event: CloudFormationCustomResourceEvent & { StartedAt?: string }, context: Context) {
  if (event.RequestType === 'Delete') return { IsComplete: true };
  const now = Date.now();
  const deadline = now + context.getRemainingTimeInMillis();
  const margin = Math.min(MARGIN_MS, (deadline - now) / 2);
  const until = Math.min(now + LONGEST_SLICE_MS, deadline - margin);
  const target = { ...databaseFromEnv(), client, deadline: () => deadline };
  const database = new Database(target);
  const running = now - Date.parse(event.StartedAt ?? '');
  const holder = `deployment ${event.RequestId} of ${event.StackId.split('/')[1] ?? event.StackId}`;
  try {
    const outcome = await applyMigrations({
      database,
      migrations: __MIGRATIONS__,
      through: 'backfill',
      holder,
      until,
      log,
    });
    const logins = outcome.complete
      ? await applyLogins({
          database,
          connect: (secretArn, loginPatienceMs) => new Database({ ...target, secretArn, loginPatienceMs }),
          secrets,
          logins: [
            { group: 'project_versions_api', secretArn: required('API_SECRET_ARN') },
            { group: 'project_versions_worker', secretArn: required('WORKER_SECRET_ARN') },
          ],
          overdue: running > ROTATION_MS,
          log,
        })
      : outcome;
    if (outcome.complete && logins.complete) {
      const report = await readReport(database);
      log.info('migrations are applied', { applied: outcome.applied, report });
      return { IsComplete: true, Data: { Applied: outcome.applied.join(' '), Report: JSON.stringify(report) } };
    }
    const waiting = logins.complete ? '' : logins.waiting;
    log.info('migrations go on', { waiting });
    if (running < GIVE_UP_MS || !event.StartedAt) return { IsComplete: false };
    throw new Error(`not done after 50 minutes, deploy again to go on from here; last seen: ${waiting}`);
  } catch (error) {
    log.error('migrations failed', { reason: reasonOf(error) });
    throw readable(error);
  }
}

/** CloudFormation shows the stack trace as the reason, in 4 KB: the reason alone is worth more there. */
function readable(error: unknown): Error {
  const plain = new Error(error instanceof Error ? error.message : String(error));
  plain.stack = plain.message;
  return plain;
}
