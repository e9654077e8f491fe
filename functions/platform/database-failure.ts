import { DatabaseError, DatabaseUnavailable, LoginRefused, StatementTimeout } from './errors.ts';

/** A paused Aurora cluster was woken by this very call: it answers about 15 s later. */
export const isResuming = (error: unknown): boolean => named(error).name === 'DatabaseResumingException';

/** invalid_authorization_specification and invalid_password: PostgreSQL manual, appendix A. */
const LOGIN_STATES = /^28(000|P01)$/;

/**
 * The secret's name or password is not, or not yet, the role's. Under which name the service passes that on is documented nowhere: its own for
 * a secret that is no use, or PostgreSQL's words in one of these.
 */
export function isLoginRefused(error: unknown): boolean {
  const { name, message } = named(error);
  if (name === 'InvalidSecretException') return true;
  return /^(DatabaseError|BadRequest)Exception$/.test(name) && LOGIN_STATES.test(lastSqlState(message));
}

/** deadlock_detected and lock_not_available: PostgreSQL manual, appendix A. */
const LOCK_STATES = /^(40P01|55P03)$/;

/** Another transaction was in the way and PostgreSQL ended this one. The same again succeeds as soon as the other is done. */
export function isInTheWay(error: unknown): boolean {
  const { name, message } = named(error);
  return name === 'DatabaseErrorException' && LOCK_STATES.test(lastSqlState(message));
}

/** SQLSTATE classes of a server that is going away, starting or full: PostgreSQL manual, appendix A. */
const UNAVAILABLE_STATES = /^(08...|53...|57P0[1-5])$/;

/** What the Data API, its gateway or the way to it answer when the request itself was right. */
const UNAVAILABLE_NAMES = new Set([
  'DatabaseUnavailableException',
  'ServiceUnavailableError',
  'InternalServerErrorException',
  'InvalidResourceStateException',
  'ThrottlingException',
  'TooManyRequestsException',
  'TimeoutError',
  'AbortError',
]);

const THROTTLED_NAMES = new Set(['ThrottlingException', 'TooManyRequestsException']);
/** The Data API's 45 s, the client's time, the function's time, and none left of it before the call. */
const TIMEOUT_NAMES = new Set(['StatementTimeoutException', 'TimeoutError', 'AbortError', 'DatabaseUnavailable']);

/** The SDK's HTTP handler calls a connection that broke a TimeoutError too. */
const DROPPED = new Set(['ECONNRESET', 'EPIPE']);

/** Makes an error of the SDK one of ours. Anything unknown (a wrong ARN, a missing grant) is passed on: nobody's retry mends it. */
export function databaseFailure(error: unknown): Error {
  const { name, message, code, status } = named(error);
  const options = { cause: error };
  if (isLoginRefused(error)) return new LoginRefused('the database refused the login in the secret', 2, options);
  if (name === 'DatabaseErrorException') {
    const sqlState = lastSqlState(message);
    const primary = primaryMessage(message);
    return UNAVAILABLE_STATES.test(sqlState)
      ? new DatabaseUnavailable(`the database refused work (${sqlState})`, 2, options)
      : new DatabaseError(sqlState, primary, options);
  }
  if (name === 'DatabaseResumingException') return new DatabaseUnavailable('the database is resuming', 15, options);
  if (name === 'StatementTimeoutException') return new StatementTimeout('the statement passed 45 s', options);
  if (UNAVAILABLE_NAMES.has(name) || status === 429 || status >= 500 || /^E[A-Z]+$/.test(code)) {
    return new DatabaseUnavailable('the database cannot be reached', 2, options);
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** In which way a call failed, in the words of its metric. `Refused`: the database was there, and refused this statement. */
export function kindOfFailure(error: unknown) {
  const { name, code, status } = named(error);
  if (isResuming(error)) return 'Resuming';
  if (isLoginRefused(error)) return 'LoginRefused';
  if (isInTheWay(error)) return 'Contended';
  if (status === 429 || THROTTLED_NAMES.has(name)) return 'Throttled';
  if (TIMEOUT_NAMES.has(name) && !DROPPED.has(code)) return 'TimedOut';
  return databaseFailure(error) instanceof DatabaseUnavailable ? 'Unavailable' : 'Refused';
}

/** A detail line may itself hold the text "SQLState", so the last one counts. */
function lastSqlState(message: string): string {
  return [...message.matchAll(/SQLState: ([0-9A-Z]{5})/g)].at(-1)?.[1] ?? 'XX000';
}

function primaryMessage(message: string): string {
  const [first = ''] = message.split('\n');
  return first.replace(/^(ERROR|FATAL): /, '').replace(/; SQLState: [0-9A-Z]{5}$/, '');
}

function named(error: unknown) {
  const {
    name = '',
    message = '',
    code = '',
    $metadata,
  } = (error ?? {}) as {
    name?: string;
    message?: string;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  return { name, message, code: String(code), status: $metadata?.httpStatusCode ?? 0 };
}
