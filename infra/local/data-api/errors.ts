/** Error names and statuses of the RDS Data API: the service's model, and its API reference for those the model leaves out. */
const STATUS = {
  AccessDeniedException: 403,
  BadRequestException: 400,
  DatabaseErrorException: 400,
  DatabaseNotFoundException: 404,
  DatabaseResumingException: 400,
  DatabaseUnavailableException: 504,
  ForbiddenException: 403,
  HttpEndpointNotEnabledException: 400,
  IncompleteSignatureException: 403,
  InternalServerErrorException: 500,
  InvalidResourceStateException: 400,
  InvalidSecretException: 400,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  NotFoundException: 404,
  SecretsErrorException: 400,
  SerializationException: 400,
  ServiceUnavailableError: 503,
  StatementTimeoutException: 400,
  ThrottlingException: 429,
  TransactionNotFoundException: 404,
  UnknownOperationException: 404,
  UnrecognizedClientException: 403,
  UnsupportedResultException: 400,
  ValidationException: 400,
} as const;

export type ErrorType = keyof typeof STATUS;

/** An answer of the Data API that is an error: its name, HTTP status, and the members of its body. */
export class DataApiError extends Error {
  override name = 'DataApiError';
  readonly type: ErrorType;
  readonly status: number;
  readonly body: Record<string, unknown>;

  constructor(type: ErrorType, message?: string, members: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message ?? type, options);
    this.type = type;
    this.status = STATUS[type];
    // 500, 503 and 504 carry no message (M).
    this.body = this.status >= 500 || message === undefined ? members : { message, ...members };
  }
}

/** What a request asks for is not something the API can do. */
export const invalid = (message: string): DataApiError => new DataApiError('ValidationException', message);

/** What PostgreSQL says of a failure, as its protocol's ErrorResponse carries it. */
export interface PostgresFailure {
  severity?: string | undefined;
  message: string;
  detail?: string | undefined;
  hint?: string | undefined;
  position?: string | undefined;
  where?: string | undefined;
  code?: string | undefined;
}

/**
 * `ERROR: <message>`, then the lines the JDBC driver adds (Detail, Hint, Position, Where, in its order), ending `; SQLState: <code>` (R).
 * A detail may itself hold "SQLState", so the last one is the code.
 */
export function databaseError(failure: PostgresFailure, cause?: unknown): DataApiError {
  const lines = [
    `${failure.severity ?? 'ERROR'}: ${failure.message}`,
    ...(failure.detail ? [`Detail: ${failure.detail}`] : []),
    ...(failure.hint ? [`Hint: ${failure.hint}`] : []),
    ...(failure.position ? [`Position: ${failure.position}`] : []),
    ...(failure.where ? [`Where: ${failure.where}`] : []),
  ];
  return new DataApiError('DatabaseErrorException', `${lines.join('\n  ')}; SQLState: ${failure.code}`, {}, { cause });
}

/** PostgreSQL's error as the API answers it. What is not an answer of the server is a lost connection: 504. */
export function fromPostgres(error: unknown): DataApiError {
  if (error instanceof DataApiError) return error;
  const failure = error as PostgresFailure;
  if (typeof failure.code !== 'string' || !/^[0-9A-Z]{5}$/.test(failure.code)) {
    return new DataApiError('DatabaseUnavailableException', undefined, {}, { cause: error });
  }
  // The extended protocol refuses it, so no statement of the text has run.
  if (failure.code === '42601' && failure.message === 'cannot insert multiple commands into a prepared statement') {
    return invalid("Multistatements aren't supported.");
  }
  return databaseError(failure, error);
}

/** Why a transaction id is of no use any more (R). */
export const TRANSACTION_GONE = {
  expired: 'Transaction may be expired.',
  terminated: 'One previous call resulted in a termination of your transaction.',
  aborted: 'Transaction has been aborted due to an error from a previous call.',
} as const;

export type TransactionGone = keyof typeof TRANSACTION_GONE;

export const transactionNotFound = (id: string, why: TransactionGone): DataApiError =>
  new DataApiError('TransactionNotFoundException', `Transaction ${id} isn't found. ${TRANSACTION_GONE[why]}`);

export const TOO_LARGE = 'Database returned more than the allowed response size limit';

/** The answer is over the limit; a transaction it belongs to is lost (R). */
export const tooLarge = (): DataApiError => new DataApiError('BadRequestException', TOO_LARGE);
