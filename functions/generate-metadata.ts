import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { generateMetadata } from './metadata/generate.ts';
import { measureBatch } from './metadata/metrics.ts';
import { askModelFromEnv } from './metadata/model.ts';
import { OccasionalSweep } from './metadata/occasional-sweep.ts';
import { classifyByRules as rules } from './metadata/rules.ts';
import { receivesOf, settle } from './metadata/settle.ts';
import { background } from './platform/background.ts';
import { connect } from './platform/connection.ts';
import { correlated, correlationOfMessage } from './platform/correlation.ts';
import { optional, required } from './platform/env.ts';
import { Queue } from './platform/queue.ts';

const queue = new Queue(required('METADATA_QUEUE_URL'));
const deadLetters = new Queue(required('DEAD_LETTER_QUEUE_URL'));
const maxReceives = Number(required('MAX_RECEIVE_COUNT'));
const retrySeconds = Number(required('METADATA_RETRY_SECONDS'));
const ask = askModelFromEnv();
const model = ask && { ask, callsPerDay: Number(required('MODEL_CALLS_PER_DAY')) };
// Only where no schedule sweeps.
const sweepAfter = optional('SWEEP_AFTER_SECONDS');
const sweep =
  sweepAfter &&
  new OccasionalSweep(queue, { afterSeconds: Number(sweepAfter), attempts: Number(required('SWEEP_ATTEMPTS')) });

// Writing and acknowledging a batch ends 2 s before the function's time does, whatever a model does: 1 s of the second is the database's own margin.
const AFTER_WRITE_MS = 1_500;
const WRITE_MS = 5_000;

/** Writes the metadata of the versions a batch of SQS messages names; what failed alone stays in the queue. */
export const handler = background(async ({ Records }: SQSEvent, context): Promise<SQSBatchResponse> => {
  const database = connect(context, model ? { reserveMs: AFTER_WRITE_MS } : {});
  const modelUntil = Date.now() + context.getRemainingTimeInMillis() - AFTER_WRITE_MS - WRITE_MS;
  const deliveries = Records.map((record) => ({
    id: record.messageId,
    correlationId: correlationOfMessage(record),
    body: record.body,
    receives: receivesOf(record),
  }));
  const generators = { rules, model, maxReceives, modelUntil };
  const { awsRequestId: batchId } = context;
  // Statements are of the whole batch: they bear the id of its one message, or the invocation's, which the line of each message has too.
  const id = (deliveries.length === 1 && deliveries[0]?.correlationId) || batchId;
  const outcomes = await correlated(id, () => generateMetadata(database, batchId, deliveries, generators));
  const batchItemFailures = await settle(Records, outcomes, { queue, deadLetters, maxReceives, retrySeconds });
  measureBatch(Records, outcomes);
  if (sweep) await sweep.run(database, context.getRemainingTimeInMillis());
  return { batchItemFailures };
});
