import { once } from 'node:events';
import { connect } from 'node:net';
import type pg from 'pg';
import { DataApiError, fromPostgres } from './errors.ts';
import type { Limits } from './limits.ts';
import type { Bound } from './parameters.ts';
import { type Outcome, Statement } from './statement.ts';
import type { KnownTypes } from './types.ts';

/** Where PostgreSQL listens. */
export interface Server {
  host: string;
  port: number;
}

interface RunOptions {
  /** Milliseconds until the caller gets its StatementTimeoutException. */
  timeoutMs: number;
  /** The statement goes on after that; otherwise it is cancelled. */
  continueAfterTimeout: boolean;
}

/** One connection to PostgreSQL while a request or a transaction has it. */
export class Session {
  /** Types the database defined itself, as far as they were met. */
  readonly types: KnownTypes;
  /** The statement that is running, also when its caller got a timeout already; never rejects. */
  running: Promise<unknown> | undefined;
  readonly #client: pg.PoolClient & { processID?: number; secretKey?: number };
  readonly #server: Server;
  readonly #limits: Limits;
  /** A cancel request may arrive late and would hit the next statement, so a connection that was sent one is not used again. */
  cancelled = false;
  readonly #onGiven: () => void;
  #given = false;

  /** @param onGiven called when the connection is given back or closed. */
  constructor(client: pg.PoolClient, types: KnownTypes, server: Server, limits: Limits, onGiven: () => void) {
    this.#client = client;
    this.#onGiven = onGiven;
    this.types = types;
    this.#server = server;
    this.#limits = limits;
  }

  /** PostgreSQL's transaction state: idle, in a transaction, or in a failed one. */
  get state(): 'I' | 'T' | 'E' {
    return this.#client.getTransactionStatus() as 'I' | 'T' | 'E';
  }

  /**
   * Runs a statement once for each set of values.
   *
   * @throws DataApiError of the statement, or StatementTimeoutException (R: "Request timed out").
   */
  async run(text: string, sets: Bound[][], { timeoutMs, continueAfterTimeout }: RunOptions): Promise<Outcome> {
    const flood = (): void => void this.#cancel();
    const statement = new Statement(text, sets, { keptBytes: this.#limits.answerBytes, flood });
    this.running = statement.done
      .catch(() => {})
      .finally(() => {
        this.running = undefined;
      });
    this.#client.query(statement);
    const first = await within(timeoutMs, statement.done);
    if (first !== 'timeout') return first;
    const dbConnectionId = this.#client.processID;
    if (!continueAfterTimeout) {
      await this.#cancel();
      await this.running;
    }
    throw new DataApiError('StatementTimeoutException', 'Request timed out', { dbConnectionId });
  }

  /** A statement of our own: a catalog query, `begin`, `commit`. */
  async ask(text: string, values: unknown[] = []): Promise<pg.QueryArrayResult<unknown[]>> {
    return await this.#client.query<unknown[]>({ text, values, rowMode: 'array' }).catch((error) => {
      throw fromPostgres(error);
    });
  }

  /**
   * Gives the connection back once nothing runs on it, without anything a next request could see: an open transaction is rolled back;
   * `reset` also ends what a session keeps (settings, prepared statements, temporary tables, advisory locks).
   */
  async release(reset: boolean): Promise<void> {
    await this.running;
    if (this.cancelled) return this.#give(true);
    try {
      if (this.state !== 'I') await this.#client.query('rollback');
      if (reset) await this.#client.query('discard all');
      this.#give(false);
    } catch {
      this.#give(true);
    }
  }

  /** Closes the connection, whatever runs on it. */
  async destroy(): Promise<void> {
    if (this.running !== undefined) await this.#cancel();
    this.#give(true);
  }

  // A request that was still at it when its session was destroyed gives it back a second time.
  #give(close: boolean): void {
    if (this.#given) return;
    this.#given = true;
    this.#client.release(close);
    this.#onGiven();
  }

  // PostgreSQL's CancelRequest: a connection of its own, which the server closes when the signal is sent.
  async #cancel(): Promise<void> {
    this.cancelled = true;
    const message = Buffer.alloc(16);
    message.writeInt32BE(16, 0);
    message.writeInt32BE(80877102, 4);
    message.writeInt32BE(this.#client.processID ?? 0, 8);
    message.writeInt32BE(this.#client.secretKey ?? 0, 12);
    const socket = connect(this.#server);
    socket
      .on('error', () => {})
      .end(message)
      .resume();
    await once(socket, 'close');
  }
}

async function within(milliseconds: number, done: Promise<Outcome>): Promise<Outcome | 'timeout'> {
  if (milliseconds <= 0) return 'timeout';
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(resolve, milliseconds, 'timeout');
  });
  try {
    return await Promise.race([done, timeout]);
  } catch (error) {
    throw fromPostgres(error);
  } finally {
    clearTimeout(timer);
  }
}
