import type { SQSHandler, SQSRecord } from 'aws-lambda';
import { finishMigrations, withCommand } from './migrations/commands.ts';
import { continueBackfill, entryAtWork } from './migrations/continuation.ts';
import { continuationMessage } from './migrations/continuation-message.ts';
import { reasonOf } from './migrations/failure.ts';
import { measureFailure, measureSlice } from './migrations/metrics.ts';
import type { Migration } from './migrations/migration.ts';
import { correlationOfMessage, invoked } from './platform/correlation.ts';
import { required } from './platform/env.ts';
import { log } from './platform/log.ts';
import { parse } from './platform/parse.ts';
import { Queue } from './platform/queue.ts';
import { connectOnce } from './platform/single-attempt.ts';

/** The files of migrations/, compiled in when the function is bundled. */
declare const __MIGRATIONS__: Migration[];

/** The function has three times as long: a statement begun in time may take 45 s. */
const LONGEST_SLICE_MS = 40_000;
/** Between two slices, so that a deployment that waits for the lease comes first. */
const PAUSE_SECONDS = 5;

const queue = new Queue(required('MIGRATIONS_QUEUE_URL'));
const stack = required('STACK_NAME');

/** Goes on with the backfill a deployment has handed over, a slice a message, and queues the next. One that fails comes again, and is then a dead letter. */
export const handler: SQSHandler = async ({ Records }, context) => {
  for (const record of Records)
    await invoked(context.awsRequestId, correlationOfMessage(record), () =>
      goOn(record, context.getRemainingTimeInMillis()),
    );
};

/** The next slice's message bears the id of this one: all of a backfill has that of its deployment. */
async function goOn({ messageId, body }: SQSRecord, leftMs: number): Promise<void> {
  const { since } = parse(continuationMessage, JSON.parse(body));
  const outcome = await runSlice(messageId, leftMs);
  log.info(outcome.complete ? 'the backfill is done' : 'the backfill goes on', { since, ...outcome });
  if (!outcome.complete && outcome.again) await queue.send({ body, delaySeconds: PAUSE_SECONDS });
}

async function runSlice(messageId: string, leftMs: number) {
  const database = connectOnce(Date.now() + leftMs);
  const until = Date.now() + Math.min(LONGEST_SLICE_MS, leftMs / 2);
  try {
    const outcome = await continueBackfill({ database, migrations: __MIGRATIONS__, until, log, stack, messageId });
    measureSlice(outcome.complete, await entryAtWork(database, __MIGRATIONS__));
    return outcome;
  } catch (error) {
    log.error('the backfill failed', { reason: reasonOf(error), command: finishMigrations(stack) });
    measureFailure(true);
    throw withCommand(error, finishMigrations(stack));
  }
}
