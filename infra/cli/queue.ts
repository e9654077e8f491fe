import { setTimeout as sleep } from 'node:timers/promises';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { operate } from './command.ts';
import { duration } from './duration.ts';
import { giveBack, takeLetters } from './letters.ts';
import { paint } from './paint.ts';
import type { Queues } from './queues.ts';
import { table } from './table.ts';

const USAGE = `Shows how many messages of a stack's queues wait, are in flight, are delayed, or are dead letters.

  npm run queue

  --watch       again every two seconds, until Ctrl-C
`;

const AFTER =
  'Exit code 0: no dead letters. 1: failed. 2: not understood. 3: there are dead letters (npm run dead-letters).';

const DEAD_LETTERS = 3;
const AGAIN_MS = 2_000;
/** How many dead letters are read to find the oldest. A queue delivers the oldest first, approximately. */
const LOOKED_AT = 10;

/** What lies in a queue. SQS counts about, and tells no age; of dead letters it is read. */
interface Depth {
  queue: string;
  waiting: number;
  inFlight: number;
  delayed: number;
  dead: boolean;
  oldestSeconds: number | null;
}

await operate(
  { usage: USAGE, options: { watch: { type: 'boolean', default: false } }, after: AFTER },
  async ({ values: { json, watch }, target: find }) => {
    const target = await find();
    for (let lines = 0; ; ) {
      // Looking at dead letters hides them from others for a moment: not every two seconds.
      const depths = (await Promise.all(target.queues.map((queues) => depthsOf(queues, !watch)))).flat();
      const anyDead = depths.some(({ dead, waiting, inFlight }) => dead && waiting + inFlight > 0);
      process.exitCode = anyDead ? DEAD_LETTERS : 0;
      const text = json ? JSON.stringify(depths) : show(target.name, depths);
      if (process.stdout.isTTY && lines > 0) process.stdout.write(`\x1b[${lines}A\x1b[0J`);
      console.log(text);
      if (!watch) return;
      lines = text.split('\n').length;
      await sleep(AGAIN_MS);
    }
  },
);

async function depthsOf(queues: Queues, look: boolean): Promise<Depth[]> {
  const { name, sqs, queueUrl, deadLetterQueueUrl } = queues;
  const depth = async (QueueUrl: string, dead: boolean): Promise<Depth> => {
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    return {
      queue: name,
      waiting: Number(Attributes.ApproximateNumberOfMessages),
      inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
      delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed),
      dead,
      oldestSeconds: null,
    };
  };
  const [alive, dead] = await Promise.all([depth(queueUrl, false), depth(deadLetterQueueUrl, true)]);
  if (look && dead.waiting > 0) {
    const letters = await takeLetters(queues, LOOKED_AT);
    await giveBack(letters);
    const [oldest] = letters;
    dead.oldestSeconds = oldest ? Math.round((Date.now() - oldest.sentAt.getTime()) / 1_000) : null;
  }
  return [alive, dead];
}

function show(name: string, depths: Depth[]): string {
  const most = Math.max(...depths.map(({ waiting }) => waiting));
  const rows = depths.map(({ queue, waiting, inFlight, delayed, dead, oldestSeconds }) => {
    const mark =
      dead && waiting + inFlight > 0
        ? { painted: paint('red', '! npm run dead-letters') }
        : '█'.repeat(Math.ceil((waiting / Math.max(most, 20)) * 20));
    return [
      dead ? `${queue}, dead letters` : queue,
      ...[waiting, inFlight, delayed].map((count) => count.toLocaleString('en').padStart(7)),
      oldestSeconds === null ? '-' : duration(oldestSeconds),
      mark,
    ];
  });
  return `The queues of ${name}:\n${table(['QUEUE', 'WAITING', 'IN FLIGHT', 'DELAYED', 'OLDEST', ''], rows)}`;
}
