import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { readMessage } from '../../functions/metadata/message.ts';
import { CORRELATION_ATTRIBUTE, correlationOf } from '../../functions/platform/correlation.ts';
import type { Queues } from './queues.ts';

/** A message that was given up. */
export interface Letter {
  id: string;
  /** Where it lies, and where it came from. */
  queues: Queues;
  /** Why, as generate-metadata said when it put it there; SQS, which moves what was received too often, says nothing. */
  reason: string;
  sentAt: Date;
  /** How often this queue delivered it. */
  receives: number;
  body: string;
  versionId: string | undefined;
  projectId: string | undefined;
  group: string | undefined;
  /** What its work is known by in logs and statements. */
  correlationId: string;
  receiptHandle: string;
}

/** While somebody looks at a letter, nobody else sees it: long enough to read some thousand. */
const LOOK_SECONDS = 120;
/** Of a queue on many machines one answer may be empty though others hold something. */
const EMPTY_ANSWERS = 2;

/**
 * Takes letters up, ten a call, oldest first as far as the queue keeps an order, until it has given them all or `most` of them. They stay in the queue,
 * hidden for two minutes, or until they are given back.
 */
export async function takeLetters(queues: Queues, most = Number.POSITIVE_INFINITY): Promise<Letter[]> {
  const letters = new Map<string, Letter>();
  for (let empty = 0; empty < EMPTY_ANSWERS && letters.size < most; ) {
    const { Messages = [] } = await queues.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queues.deadLetterQueueUrl,
        MaxNumberOfMessages: Math.min(10, most - letters.size),
        VisibilityTimeout: LOOK_SECONDS,
        WaitTimeSeconds: empty,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    empty = Messages.length === 0 ? empty + 1 : 0;
    for (const message of Messages) letters.set(message.MessageId ?? '', letterOf(queues, message));
  }
  return [...letters.values()].sort((a, b) => a.sentAt.getTime() - b.sentAt.getTime());
}

/** Gives letters back as they were: visible at once. One that cannot be is visible again after two minutes. */
export async function giveBack(letters: Letter[]): Promise<void> {
  for (const { queues, receiptHandle: ReceiptHandle } of letters)
    await queues.sqs
      .send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queues.deadLetterQueueUrl,
          ReceiptHandle,
          VisibilityTimeout: 0,
        }),
      )
      .catch(() => {});
}

/** What became of a letter. `twice`: it is back on the queue and, because it could not be deleted, in the dead-letter queue too; harmless. */
export type Redriven = { letter: Letter } & ({ kind: 'redriven' | 'twice' } | { kind: 'kept'; error: string });

/**
 * Puts one letter back on the queue it came from. It is deleted only when it lies there; whatever happens in between, it is in one of the two, or in
 * both, which costs a second look and nothing else. Throttling is waited for.
 */
export async function redrive(letter: Letter): Promise<Redriven> {
  const { sqs, queueUrl, deadLetterQueueUrl } = letter.queues;
  const send = new SendMessageCommand({
    QueueUrl: queueUrl,
    MessageBody: letter.body,
    ...(letter.group === undefined ? {} : { MessageGroupId: letter.group }),
    MessageAttributes: {
      redrivenFrom: { DataType: 'String', StringValue: letter.id },
      // Its work goes on under the id it had.
      [CORRELATION_ATTRIBUTE]: { DataType: 'String', StringValue: letter.correlationId },
    },
  });
  try {
    await sqs.send(send);
  } catch (error) {
    await giveBack([letter]);
    return { letter, kind: 'kept', error: (error as Error).message };
  }
  const { receiptHandle: ReceiptHandle } = letter;
  for (let attempt = 1; attempt <= 3; attempt++) {
    try {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle }));
      return { letter, kind: 'redriven' };
    } catch {
      await sleep(attempt * 200);
    }
  }
  return { letter, kind: 'twice' };
}

function letterOf(queues: Queues, message: Message): Letter {
  const { MessageId = '', Body = '', ReceiptHandle = '', Attributes, MessageAttributes } = message;
  const read = readMessage(Body);
  const about = read.kind === 'generate' ? read.message : read.kind === 'invalid' ? read : undefined;
  return {
    id: MessageId,
    queues,
    reason: MessageAttributes?.reason?.StringValue ?? `received too often; the log of ${queues.worker} says why`,
    sentAt: new Date(Number(Attributes?.SentTimestamp)),
    receives: Number(Attributes?.ApproximateReceiveCount),
    body: Body,
    versionId: about?.versionId,
    projectId: about?.projectId,
    group: Attributes?.MessageGroupId,
    correlationId: correlationOf(MessageId, MessageAttributes?.[CORRELATION_ATTRIBUTE]?.StringValue),
    receiptHandle: ReceiptHandle,
  };
}
