import { type Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import type { AlarmDefinition } from './alarm.ts';
import { FIVE_MINUTES, ours } from './metrics.ts';

/** How many messages lie in a dead-letter queue. */
export const deadLetters = (queue: IQueue): Metric =>
  queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES });

export interface WatchedQueue {
  queue: IQueue;
  deadLetterQueue: IQueue;
  /** How long a message is hidden whose function died. */
  visibilitySeconds: number;
}

/** Messages that nobody works on, that cannot be worked on, and that no queue takes. */
export const queueAlarms = ({ queue, deadLetterQueue, visibilitySeconds }: WatchedQueue): AlarmDefinition[] => [
  {
    id: 'MetadataDeadLetterAlarm',
    means: 'Messages lie in the dead-letter queue: each is a version whose metadata did not come.',
    // One is enough, and no blip: nothing takes it out again by itself.
    metric: deadLetters(deadLetterQueue),
    atLeast: 1,
    periods: 1,
    // A queue nobody touches for six hours says nothing any more, with messages in it too.
    missing: TreatMissingData.IGNORE,
  },
  {
    id: 'MetadataDeadLetterInflowAlarm',
    means: 'Message after message becomes a dead letter: something all of them need is broken, or a sender is.',
    // Beside the alarm for what lies there, which somebody may have put off: ten in a quarter of an hour is no single bad message.
    metric: ours('MetadataDeadLettered', Stats.SUM, Duration.minutes(15)),
    atLeast: 10,
    periods: 1,
  },
  {
    id: 'MetadataQueueAgeAlarm',
    means: 'Messages wait in the queue and nobody works on them.',
    // A message whose function died is hidden for so long: not before it could have been lost twice, and at least a quarter of an hour. Those that
    // are tried again and again do not count: SQS leaves out what was received more than three times.
    metric: queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES }),
    atLeast: Math.max(900, 2 * visibilitySeconds),
    periods: 3,
    breaches: 2,
  },
  {
    id: 'QueueSendFailedAlarm',
    means: 'A queue does not take messages: the pipeline’s reports are answered 503, and the sweep queues nothing.',
    // The SDK has tried three times before one counts; a second period says that it was no hiccup.
    metric: ours('QueueSendFailed'),
    atLeast: 1,
    periods: 3,
    breaches: 2,
  },
];
