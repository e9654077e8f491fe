import { measureSweep } from './metadata/metrics.ts';
import { sweep } from './metadata/sweep.ts';
import { background } from './platform/background.ts';
import { connect } from './platform/connection.ts';
import { required } from './platform/env.ts';
import { Queue } from './platform/queue.ts';

const queue = new Queue(required('METADATA_QUEUE_URL'));
const rules = {
  afterSeconds: Number(required('SWEEP_AFTER_SECONDS')),
  attempts: Number(required('SWEEP_ATTEMPTS')),
};
/** Left for the last page's messages. */
const LAST_PAGE_MS = 10_000;

/** Queues again the versions whose message did not arrive, and says how many wait. */
export const handler = background(async (_: unknown, context) => {
  const until = Date.now() + context.getRemainingTimeInMillis() - LAST_PAGE_MS;
  measureSweep(await sweep(connect(context), queue, rules, until));
});
