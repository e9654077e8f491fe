import { once } from 'node:events';
import { connect } from 'node:net';
import pg from 'pg';
import { DataApiError, fromPostgres } from './errors.ts';
import type { Limits } from './limits.ts';
import type { Bound } from './parameters.ts';
import { type Outcome, Statement } from './statement.ts';
import type { KnownTypes } from './types.ts';

/** Where and as whom to connect. */
export interface Target {
  username: string;
  password: string;
  database: string;
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
  readonly #server: { host: string; port: number };
  readonly #limits: Limits;
  /** A cancel request may arrive late and would hit the next statement, so a connection that was sent one is not used again. */
  cancelled = false;

  constructor(client: pg.PoolClient, types: KnownTypes, server: { host: string; port: number }, limits: Limits) {
    this.#client = client;
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
    if (this.cancelled) return this.#client.release(true);
    try {
      if (this.state !== 'I') await this.#client.query('rollback');
      if (reset) await this.#client.query('discard all');
      this.#client.release();
    } catch {
      this.#client.release(true);
    }
  }

  /** Closes the connection, whatever runs on it. */
  async destroy(): Promise<void> {
    if (this.running !== undefined) await this.#cancel();
    this.#client.release(true);
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

/** Connections to one PostgreSQL server, a pool for each role and database. */
export class Sessions {
  readonly #server: { host: string; port: number };
  readonly #limits: Limits;
  readonly #pools = new Map<string, { pool: pg.Pool; types: KnownTypes }>();

  constructor(server: { host: string; port: number }, limits: Limits) {
    this.#server = server;
    this.#limits = limits;
  }

  /** @throws DataApiError InvalidSecretException when PostgreSQL refuses the secret's user or password. */
  async acquire(target: Target): Promise<Session> {
    const { pool, types } = this.#pool(target);
    try {
      return new Session(await pool.connect(), types, this.#server, this.#limits);
    } catch (error) {
      // 28P01 and 28000 (invalid authorization). The service's name for it is documented, that it is this case is a guess (?).
      if (/^28/.test((error as { code?: string }).code ?? '')) {
        throw new DataApiError(
          'InvalidSecretException',
          "The Secrets Manager secret used with the request isn't valid.",
          {},
          { cause: error },
        );
      }
      throw fromPostgres(error);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.end()));
  }

  #pool({ username, password, database }: Target) {
    const key = JSON.stringify([username, password, database]);
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const pool = new pg.Pool({
      ...this.#server,
      user: username,
      password,
      database,
      max: this.#limits.connections,
      idleTimeoutMillis: 10_000,
      connectionTimeoutMillis: this.#limits.statementMs,
      application_name: 'rds-data-api',
      // The text forms values.ts reads, whatever the role's or the database's own settings are.
      options: '-c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1',
    });
    // A server that goes away while a connection is idle, or between two statements; the next use of it says so.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    const made = { pool, types: new Map() };
    this.#pools.set(key, made);
    return made;
  }
}
