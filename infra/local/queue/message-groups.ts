import { AsyncLocalStorage } from 'node:async_hooks';
import { SqsStore } from '../../../node_modules/fauxqs/dist/sqs/sqsStore.js';

interface Sent {
  MessageBody?: string;
  MessageGroupId?: string;
}

const sending = new AsyncLocalStorage<Sent[]>();
const createMessage = SqsStore.createMessage;

/**
 * Lets a message of a standard queue keep its group, which makes a fair queue of it; fauxqs keeps the group of FIFO messages alone. It makes every
 * message with this one function, in the order of the request, without those it refuses.
 *
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
export function keepMessageGroups(): void {
  SqsStore.createMessage = (body, attributes, delay, group, ...rest) => {
    const sent = sending.getStore();
    const index = sent?.findIndex(({ MessageBody }) => MessageBody === body) ?? -1;
    const [entry] = index < 0 ? [] : (sent?.splice(0, index + 1).slice(-1) ?? []);
    return createMessage.call(SqsStore, body, attributes, delay, group ?? entry?.MessageGroupId, ...rest);
  };
}

/** Goes on with a request to SQS, of which the messages keep their groups. */
export function withGroupsOf(body: unknown, goOn: () => void): void {
  const request = (body ?? {}) as Sent & { Entries?: Sent[] };
  sending.run([...(request.Entries ?? [request])], goOn);
}
