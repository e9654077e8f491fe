import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
// Not among the package's exports: its startFauxqs() listens on every network interface, and its persistence needs the corrections
// below. The version is pinned exactly and test/integration/local/queue.test.ts holds each correction to its promise.
import { PersistenceManager } from '../../../node_modules/fauxqs/dist/persistence.js';

import { SnsStore } from '../../../node_modules/fauxqs/dist/sns/snsStore.js';
import type { SqsStore } from '../../../node_modules/fauxqs/dist/sqs/sqsStore.js';

type Queue = Parameters<PersistenceManager['insertQueue']>[0];
type Message = Parameters<PersistenceManager['insertMessage']>[1];

/** fauxqs's SQLite store of queues and messages, such that a kill at any moment loses none. */
export class DurableQueues extends PersistenceManager {
  readonly #db: DatabaseSync;
  readonly #deleting = new Set<string>();

  constructor(folder: string) {
    super(folder);
    this.#db = new DatabaseSync(join(folder, 'fauxqs.db'), { enableForeignKeyConstraints: true });
    this.#db.exec('pragma busy_timeout = 5000');
  }

  /** Fills an empty store with what was kept. The address may be another than at the last start. */
  loadInto(store: SqsStore, urlOf: (queueName: string) => string): void {
    const rename = this.#db.prepare('update sqs_queues set url = ? where name = ?');
    for (const { name } of this.#db.prepare('select name from sqs_queues').all())
      rename.run(urlOf(String(name)), String(name));
    this.loadSqsAndSns(store, new SnsStore());
    store.persistence = this;
    for (const queue of store.allQueues()) queue.persistence = this;
  }

  /** The original replaces the row, which cascades to the queue's messages and deletes them all. */
  override insertQueue(queue: Queue): void {
    this.#db
      .prepare(
        `insert into sqs_queues (name, url, arn, attributes, tags, created_timestamp, last_modified_timestamp, sequence_counter)
         values (?, ?, ?, ?, ?, ?, ?, ?)
         on conflict (name) do update set url = excluded.url, attributes = excluded.attributes, tags = excluded.tags,
           last_modified_timestamp = excluded.last_modified_timestamp`,
      )
      .run(
        queue.name,
        queue.url,
        queue.arn,
        JSON.stringify(queue.attributes),
        JSON.stringify(Object.fromEntries(queue.tags)),
        queue.createdTimestamp,
        queue.lastModifiedTimestamp,
        queue.sequenceCounter,
      );
  }

  /** The original sets the receive count to null in a column that may not be, and the message is lost with the error. */
  override updateMessageReady(messageId: string): void {
    this.#db
      .prepare('update sqs_messages set receipt_handle = null, visibility_deadline = null where message_id = ?')
      .run(messageId);
  }

  /**
   * A move to the dead-letter queue is a delete followed at once by an insert of the same message. The insert replaces the row by itself, so
   * the delete waits until the current turn is over: there is no moment at which the message is in neither queue.
   */
  override deleteMessage(messageId: string): void {
    this.#deleting.add(messageId);
    queueMicrotask(() => {
      if (this.#deleting.delete(messageId)) super.deleteMessage(messageId);
    });
  }

  override insertMessage(queueName: string, message: Message): void {
    this.#deleting.delete(message.messageId);
    super.insertMessage(queueName, message);
  }

  override close(): void {
    for (const messageId of this.#deleting) super.deleteMessage(messageId);
    this.#deleting.clear();
    this.#db.close();
    super.close();
  }
}
