import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  type Field,
  type RDSDataClient,
  RollbackTransactionCommand,
} from '@aws-sdk/client-rds-data';
import { commented } from './correlation.ts';
import { databaseFailure, isInTheWay, isLoginRefused, isResuming } from './database-failure.ts';
import type { DatabaseTarget } from './env.ts';
import { DatabaseUnavailable } from './errors.ts';
import type { Sql } from './sql.ts';

/** Which database, and until when (epoch ms) the work may take: past it, waiting is of no use to anyone. */
export interface DatabaseOptions extends DatabaseTarget {
  client: RDSDataClient;
  deadline?: () => number;
  /** Milliseconds to go on while the login is refused, as it is in the middle of a rotation. */
  loginPatienceMs?: number | undefined;
  /** Told of each call that is given up, once, with the SDK's error where there is one. */
  onFailure?: ((error: unknown) => void) | undefined;
}

interface CallOptions {
  transactionId?: string;
  continueAfterTimeout?: boolean;
}

/** What a step inside a transaction may do. */
export interface Transaction {
  rows<Row>(statement: Sql | string): Promise<Row[]>;
  run(statement: Sql | string): Promise<number>;
}

/** A resumed Aurora cluster answers after about 15 s; asking every 1.5 s costs ten small calls. */
const RESUME_POLL_MS = 1_500;
/** Between two steps of a rotation, setSecret and finishSecret, lie a call of the function and some of Secrets Manager: a second or two. */
const LOGIN_PATIENCE_MS = 10_000;
const LOGIN_POLL_MS = 250;
/** So often, and with such pauses in between, a statement is tried that another transaction was in the way of. */
const LOCK_TRIES = 5;
const LOCK_PAUSE_MS = 50;
/** Left to the caller to shape an answer after the last call gave up. */
const ANSWER_MARGIN_MS = 1_000;
/** Where nobody sets a deadline: a statement may run 45 s, plus the way there and back. */
const CALL_MS = 50_000;

/**
 * The RDS Data API, one HTTP call a statement. The SDK repeats 429, 500, 503 and 504 by itself (three calls in all), so every
 * statement sent through here has to be safe to repeat; a resuming cluster, a secret in the middle of its rotation, and a transaction in the way, are
 * waited for here because the SDK does not.
 *
 * @throws DatabaseError, DatabaseUnavailable or StatementTimeout
 */
export class Database {
  readonly #target: { resourceArn: string; secretArn: string; database: string };
  readonly #client: RDSDataClient;
  readonly #deadline: () => number;
  readonly #loginPatienceMs: number;
  readonly #onFailure: (error: unknown) => void;

  constructor(options: DatabaseOptions) {
    const { clusterArn, secretArn, database, client, deadline, loginPatienceMs, onFailure } = options;
    this.#target = { resourceArn: clusterArn, secretArn, database };
    this.#client = client;
    this.#deadline = deadline ?? (() => Date.now() + CALL_MS);
    this.#loginPatienceMs = loginPatienceMs ?? LOGIN_PATIENCE_MS;
    this.#onFailure = onFailure ?? (() => {});
  }

  /** Rows of a SELECT, or of a statement with RETURNING, keyed by column label. numeric and timestamps stay strings. */
  async rows<Row>(statement: Sql | string, options: CallOptions = {}): Promise<Row[]> {
    const { records = [], columnMetadata = [] } = await this.#execute(statement, options, true);
    const labels = columnMetadata.map((column) => column.label ?? column.name ?? '');
    return records.map(
      (record) => Object.fromEntries(record.map((field, index) => [labels[index], fieldValue(field)])) as Row,
    );
  }

  /** What a statement with one json column answers, a document a row: every request of the API is one such call. */
  async documents<Document>(statement: Sql): Promise<Document[]> {
    const { records = [] } = await this.#execute(statement, {}, false);
    return records.map(([field]) => JSON.parse(field?.stringValue ?? 'null') as Document);
  }

  /** The one document of a statement that answers one. */
  async document<Document>(statement: Sql): Promise<Document> {
    const [document] = await this.documents<Document>(statement);
    if (document === undefined) throw new TypeError('the statement answered no document');
    return document;
  }

  /** Runs a statement for its effect; answers the number of rows it changed. */
  async run(statement: Sql | string, options: CallOptions = {}): Promise<number> {
    return (await this.#execute(statement, options, false)).numberOfRecordsUpdated ?? 0;
  }

  /**
   * Runs `work` in one transaction: committed when it returns, rolled back when it throws. A failure of the commit itself
   * leaves open whether it happened; the caller looks and decides.
   */
  async transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const { transactionId } = await this.#call((options) =>
      this.#client.send(new BeginTransactionCommand(this.#target), options),
    );
    if (!transactionId) throw new TypeError('BeginTransaction answered no transaction id');
    let result: Result;
    try {
      result = await work({
        rows: (statement) => this.rows(statement, { transactionId }),
        run: (statement) => this.run(statement, { transactionId }),
      });
    } catch (error) {
      // The first error is the one to report; a transaction that cannot be rolled back ends by itself after 3 minutes.
      const rollback = new RollbackTransactionCommand({ ...this.#target, transactionId });
      await this.#call((options) => this.#client.send(rollback, options)).catch(() => {});
      throw error;
    }
    const commit = new CommitTransactionCommand({ ...this.#target, transactionId });
    await this.#call((options) => this.#client.send(commit, options));
    return result;
  }

  #execute(statement: Sql | string, options: CallOptions, includeResultMetadata: boolean) {
    const { text, parameters } = typeof statement === 'string' ? { text: statement, parameters: [] } : statement;
    const input = { ...this.#target, ...options, sql: commented(text), parameters, includeResultMetadata };
    // A transaction that was ended is for whoever began it to repeat.
    const tries = options.transactionId === undefined ? LOCK_TRIES : 1;
    return this.#call((options) => this.#client.send(new ExecuteStatementCommand(input), options), tries);
  }

  async #call<Output>(
    send: (options: { abortSignal: AbortSignal }) => Promise<Output>,
    lockTries = 1,
  ): Promise<Output> {
    const began = Date.now();
    for (let tries = 1; ; tries++) {
      const left = this.#deadline() - ANSWER_MARGIN_MS - Date.now();
      if (left <= 0) {
        const late = new DatabaseUnavailable('no time left to ask the database', 1);
        this.#onFailure(late);
        throw late;
      }
      try {
        return await send({ abortSignal: AbortSignal.timeout(left) });
      } catch (error) {
        const wait = this.#waitFor(error, began, tries < lockTries);
        if (wait === undefined || this.#deadline() - Date.now() <= wait + 2 * ANSWER_MARGIN_MS) {
          this.#onFailure(error);
          throw lockTries > 1 && isInTheWay(error)
            ? new DatabaseUnavailable('other transactions were in the way', 1, { cause: error })
            : databaseFailure(error);
        }
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  /** After how many milliseconds to ask again what the database has not even begun, or has taken back. */
  #waitFor(error: unknown, began: number, again: boolean): number | undefined {
    if (isResuming(error)) return RESUME_POLL_MS;
    if (again && isInTheWay(error)) return LOCK_PAUSE_MS * (1 + Math.random());
    return isLoginRefused(error) && Date.now() - began < this.#loginPatienceMs ? LOGIN_POLL_MS : undefined;
  }
}

function fieldValue(field: Field): unknown {
  if (field.isNull) return null;
  return field.stringValue ?? field.longValue ?? field.booleanValue ?? field.doubleValue ?? field.blobValue;
}
