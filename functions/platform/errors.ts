/** What a caller did that cannot be done: the answer is theirs to act on, and nothing was changed. */
export class InvalidInput extends Error {
  override name = 'InvalidInput';
  readonly problems: Problem[];

  constructor(problems: Problem[]) {
    super(problems.map(({ field, message }) => `${field}: ${message}`).join('; '));
    this.problems = problems;
  }
}

/** One thing wrong with a request: where, and what is allowed there. */
export interface Problem {
  field: string;
  message: string;
}

/** The thing asked for does not exist, or belongs to somebody else: both look the same from outside. */
export class NotFound extends Error {
  override name = 'NotFound';
}

/** The request is well formed but disagrees with what is recorded; `reason` is a stable code for machines. */
export class Conflict extends Error {
  override name = 'Conflict';
  readonly reason: string;
  /** Further members of the problem document. */
  readonly members: Readonly<Record<string, string | null>>;

  constructor(reason: string, message: string, members: Readonly<Record<string, string | null>> = {}) {
    super(message);
    this.reason = reason;
    this.members = members;
  }
}

/** An idempotency key came again with another request: one of the two is a mistake. */
export class KeyReused extends Error {
  override name = 'KeyReused';
}

/** PostgreSQL refused a statement. `message` is its primary line alone: the detail may hold a user's data. */
export class DatabaseError extends Error {
  override name = 'DatabaseError';
  readonly sqlState: string;

  constructor(sqlState: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.sqlState = sqlState;
  }
}

/** The database cannot be reached, is resuming or is overloaded: the same request may succeed later. */
export class DatabaseUnavailable extends Error {
  override name = 'DatabaseUnavailable';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * PostgreSQL refused the secret's name or password. For the seconds of a rotation that is so, and passes; otherwise the secret and the role's
 * password differ, and somebody has to set one of them.
 */
export class LoginRefused extends DatabaseUnavailable {
  override name = 'LoginRefused';
}

/** The statement passed the Data API's 45 s; with `continueAfterTimeout` it may still be running. */
export class StatementTimeout extends Error {
  override name = 'StatementTimeout';
}

/** The queue did not take a message: the same request may succeed later. */
export class QueueUnavailable extends Error {
  override name = 'QueueUnavailable';
  readonly retryAfterSeconds = 1;
}
