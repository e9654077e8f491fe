import { Metrics } from '@aws-lambda-powertools/metrics';
import type { SQSHandler } from 'aws-lambda';
import { generateMetadata } from './metadata/generate.ts';
import { classifyByRules } from './metadata/rules.ts';
import { settle } from './metadata/settle.ts';
import { connect } from './platform/connection.ts';
import { required } from './platform/env.ts';
import { Queue } from './platform/queue.ts';

const metrics = new Metrics();
const deadLetters = new Queue(required('DEAD_LETTER_QUEUE_URL'));

/** Writes the metadata of the versions a batch of SQS messages names; what failed alone stays in the queue. */
export const handler: SQSHandler = async ({ Records }, context) => {
  const deliveries = Records.map(({ messageId, body }) => ({ id: messageId, body }));
  const outcomes = await generateMetadata(connect(context), deliveries, classifyByRules);
  return { batchItemFailures: await settle(Records, outcomes, deadLetters, metrics) };
};
