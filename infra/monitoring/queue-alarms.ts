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
    means: 'The dead-letter queue has messages. Each is a version whose metadata could not be generated.',
    // One is enough: a message stays until somebody redrives or deletes it.
    metric: deadLetters(deadLetterQueue),
    atLeast: 1,
    periods: 1,
    // A queue nobody touches for six hours says nothing any more, with messages in it too.
    missing: TreatMissingData.IGNORE,
  },
  {
    id: 'MetadataDeadLetterInflowAlarm',
    means: 'Many messages move to the dead-letter queue: a dependency or a sender is broken.',
    // The alarm above may be silenced. Ten messages in a quarter of an hour are more than one bad message.
    metric: ours('MetadataDeadLettered', Stats.SUM, Duration.minutes(15)),
    atLeast: 10,
    periods: 1,
  },
  {
    id: 'MetadataQueueAgeAlarm',
    means: 'Messages wait in the queue and are not consumed.',
    // Twice the visibility timeout, because a message of a crashed function is hidden for that long; at least a quarter of an hour. SQS does not
    // count messages that were received more than three times.
    metric: queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES }),
    atLeast: Math.max(900, 2 * visibilitySeconds),
    periods: 3,
    breaches: 2,
  },
  {
    id: 'QueueSendFailedAlarm',
    means: 'SendMessage fails: the pipeline’s reports are answered 503, and the sweep cannot requeue versions.',
    // One failure is three attempts of the SDK. Two periods, because one may be a short disturbance.
    metric: ours('QueueSendFailed'),
    atLeast: 1,
    periods: 3,
    breaches: 2,
  },
];
