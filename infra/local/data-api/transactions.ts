import { randomBytes } from 'node:crypto';
import { DataApiError, TOO_LARGE, type TransactionGone, transactionNotFound } from './errors.ts';
import type { Limits } from './limits.ts';
import type { Session } from './session.ts';

interface Transaction {
  id: string;
  session: Session;
  secretArn: string;
  busy: boolean;
  idle: NodeJS.Timeout;
  whole: NodeJS.Timeout;
}

const REMEMBERED = 10_000;

/** The open transactions: each has a connection, at most one statement at a time, and an end it cannot outlive. */
export class Transactions {
  readonly #limits: Limits;
  readonly #open = new Map<string, Transaction>();
  readonly #gone = new Map<string, TransactionGone>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Begins a transaction on a session that is then its own. @returns its id. */
  async begin(session: Session, secretArn: string): Promise<string> {
    try {
      await session.ask('begin');
    } catch (error) {
      await session.release(false);
      throw error;
    }
    // Opaque; the model allows 192 characters.
    const id = randomBytes(96).toString('base64');
    const transaction: Transaction = {
      id,
      session,
      secretArn,
      busy: false,
      idle: this.#idleTimer(id),
      whole: setTimeout(() => this.end(id, 'expired'), this.#limits.transactionMs).unref(),
    };
    this.#open.set(id, transaction);
    return id;
  }

  /**
   * Does `work` in a transaction.
   *
   * @param verb the statement's first word: after an error only `rollback` (of a savepoint, or the whole) is let through (?).
   * @throws DataApiError when there is no such transaction, it failed before, or a statement of it is still running.
   */
  async use<Result>(
    id: string,
    secretArn: string,
    verb: string,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    const transaction = this.#take(id, secretArn);
    const { session } = transaction;
    if (session.state === 'E' && verb !== 'rollback') throw transactionNotFound(id, 'aborted');
    transaction.busy = true;
    clearTimeout(transaction.idle);
    try {
      return await work(session);
    } catch (error) {
      if (session.cancelled || endsTransaction(error)) this.end(id, 'terminated');
      throw error;
    } finally {
      // After a timeout that lets the statement go on, the transaction stays busy until it has ended.
      const settled = Promise.resolve(session.running).then(() => this.#rest(transaction));
      if (session.running === undefined) await settled;
    }
  }

  /** @throws DataApiError when the transaction is gone, failed or busy. */
  async commit(id: string, secretArn: string): Promise<void> {
    const transaction = this.#take(id, secretArn);
    // PostgreSQL would answer this COMMIT with a quiet ROLLBACK.
    if (transaction.session.state === 'E') throw transactionNotFound(id, 'aborted');
    await this.#finish(transaction, 'commit');
  }

  /** Also after a failed statement (R). */
  async rollback(id: string, secretArn: string): Promise<void> {
    await this.#finish(this.#take(id, secretArn), 'rollback');
  }

  /** Ends a transaction from outside: its work is rolled back and its connection closed. */
  end(id: string, why: TransactionGone): void {
    const transaction = this.#open.get(id);
    if (transaction === undefined) return;
    this.#forget(transaction, why);
    void transaction.session.destroy();
  }

  close(): void {
    for (const id of this.#open.keys()) this.end(id, 'terminated');
  }

  #take(id: string, secretArn: string): Transaction {
    const transaction = this.#open.get(id);
    // An id that was never given is answered as one that expired (?).
    if (transaction === undefined) throw transactionNotFound(id, this.#gone.get(id) ?? 'expired');
    // Another secret is another role (?).
    if (transaction.secretArn !== secretArn) {
      throw new DataApiError('BadRequestException', 'The secret is not the one the transaction was begun with.');
    }
    if (transaction.busy) throw new DataApiError('DatabaseErrorException', 'Transaction is still running a query');
    return transaction;
  }

  async #finish(transaction: Transaction, command: 'commit' | 'rollback'): Promise<void> {
    transaction.busy = true;
    this.#forget(transaction, 'expired');
    try {
      await transaction.session.ask(command);
    } finally {
      // SET, temporary tables and locks of a session end with the transaction that made them.
      void transaction.session.release(true);
    }
  }

  // A raw COMMIT or ROLLBACK ends what PostgreSQL has open, but not the API's transaction (R): its next statement begins anew.
  async #rest(transaction: Transaction): Promise<void> {
    if (!this.#open.has(transaction.id)) return;
    try {
      if (transaction.session.state === 'I') await transaction.session.ask('begin');
    } catch {
      this.end(transaction.id, 'terminated');
    }
    transaction.busy = false;
    transaction.idle = this.#idleTimer(transaction.id);
  }

  #forget(transaction: Transaction, why: TransactionGone): void {
    clearTimeout(transaction.idle);
    clearTimeout(transaction.whole);
    this.#open.delete(transaction.id);
    if (this.#gone.size >= REMEMBERED) this.#gone.delete(this.#gone.keys().next().value as string);
    this.#gone.set(transaction.id, why);
  }

  #idleTimer = (id: string): NodeJS.Timeout =>
    setTimeout(() => this.end(id, 'expired'), this.#limits.transactionIdleMs).unref();
}

// The connection is gone, or the answer was too large (R).
const endsTransaction = (error: unknown): boolean =>
  error instanceof DataApiError &&
  (error.type === 'DatabaseUnavailableException' || error.message === TOO_LARGE || error.message.startsWith('FATAL:'));
