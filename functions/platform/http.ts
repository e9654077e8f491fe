import middy from '@middy/core';
import jsonBodyParser from '@middy/http-json-body-parser';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { correlatedAnswer } from './correlated-answer.ts';
import {
  Conflict,
  DatabaseUnavailable,
  InvalidInput,
  KeyReused,
  NotFound,
  type Problem,
  QueueUnavailable,
} from './errors.ts';
import { measure } from './metrics.ts';
import type { Handle, Request } from './request.ts';
import { identifier } from './text.ts';

/** Larger bodies are no metadata: 256 KiB is also what an SQS message holds. */
const MAX_BODY_BYTES = 262_144;

const answerProblem: middy.MiddlewareFn<Request, APIGatewayProxyStructuredResultV2> = async (request) => {
  const { retryAfterSeconds, ...problem } = problemOf(request.error ?? null);
  if (problem.status >= 500) await logFailure(request.event, request.error ?? null, problem.status);
  request.response = {
    statusCode: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...(retryAfterSeconds && { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify({ type: 'about:blank', ...problem }),
  };
};

/** A handler of GET routes: `handle` answers, every error becomes a problem document (RFC 9457). */
export const query = (handle: Handle): Handle =>
  correlatedAnswer(
    middy<Request, APIGatewayProxyStructuredResultV2>().onError(answerProblem).handler(handle) as Handle,
  );

/**
 * A handler of routes with a JSON body: as `query`, and `request.body` is the parsed body. No body at all is an empty object,
 * whatever its content type: where nothing need be said, nothing need be sent. What a DELETE carries is not read. Each leaves a line in the log.
 */
export const command = (handle: Handle): Handle =>
  correlatedAnswer(
    logged(
      middy<Request, APIGatewayProxyStructuredResultV2>()
        .before(({ event }) => refuseLargeBody(event))
        .before(({ event }) => parseBody(event))
        .onError(answerProblem)
        .handler(handle) as Handle,
    ),
  );

/** Logs what was answered, unless it failed on our side, which is logged where it did. */
const logged =
  (handle: Handle): Handle =>
  async (request, context) => {
    const answer = await handle(request, context);
    const { statusCode: status = 200 } = answer;
    if (status < 500) (await import('./log.ts')).log.info('request answered', { ...requestFields(request), status });
    return answer;
  };

/** Ids only: a body or a query may hold a user's words. */
const requestFields = ({ requestContext: { requestId, routeKey }, pathParameters }: Request) => ({
  requestId,
  routeKey,
  ...pathParameters,
});

/** A handler for each route of a function. API Gateway has matched the path already and says which route it was. */
export const routes =
  (handles: Record<string, Handle>): Handle =>
  (request, context) => {
    const handle = handles[request.requestContext.routeKey];
    if (!handle) throw new TypeError(`no handler for route ${request.requestContext.routeKey}`);
    return handle(request, context);
  };

/** Answers `body` as JSON. Answers are one user's own: no shared cache may keep them. */
export const answer = (
  statusCode: 200 | 201,
  body: unknown,
  headers: Record<string, string> = {},
): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: {
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
    ...headers,
  },
  body: JSON.stringify(body),
});

/** The header that tells the answer of a request that was sent again with its idempotency key. */
export const replay = (replayed: boolean): Record<string, string> =>
  replayed ? { 'idempotency-replayed': 'true' } : {};

/**
 * Whose versions the caller may see: the subject of a JWT, or, for a trusted back end signed with IAM, the user it names.
 *
 * @throws InvalidInput when a back end names nobody, or a user tries to name one
 */
export function callerUser(request: Request, named: string | undefined): string {
  const { authorizer } = request.requestContext as {
    authorizer?: { iam?: object; jwt?: { claims: { sub?: unknown } } };
  };
  if (!authorizer?.jwt) {
    // A route whose authorizer got lost must not believe whoever comes.
    if (!authorizer?.iam) throw new TypeError('the request was let through by no authorizer');
    if (named) return named;
    throw new InvalidInput([{ field: 'userId', message: 'is required: the user whose project this is' }]);
  }
  if (named) throw new InvalidInput([{ field: 'userId', message: 'is not known: the token says who you are' }]);
  const { sub } = authorizer.jwt.claims;
  if (typeof sub !== 'string' || sub === '')
    throw new InvalidInput([{ field: 'authorization', message: 'the token has no subject' }]);
  if (!identifier.safeParse(sub).success)
    throw new InvalidInput([
      { field: 'authorization', message: 'the subject of the token must be 1 to 255 printable characters' },
    ]);
  return sub;
}

/** Whether a user calls, with a token of their own, and not a back end in somebody's name. */
export const isUser = (request: Request): boolean =>
  'jwt' in ((request.requestContext as { authorizer?: object }).authorizer ?? {});

function refuseLargeBody({ body, isBase64Encoded }: Request): void {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8') : 0;
  if (bytes > MAX_BODY_BYTES) throw Object.assign(new Error('body too large'), { statusCode: 413 });
}

const jsonBody = jsonBodyParser();

function parseBody(event: Request): void {
  if (!event.body || event.requestContext.http.method === 'DELETE') event.body = {};
  else jsonBody.before?.({ event } as never);
}

interface ProblemDocument {
  status: number;
  title: string;
  detail: string;
  reason?: string;
  errors?: Problem[];
  retryAfterSeconds?: number;
}

function problemOf(error: Error | null): ProblemDocument {
  if (error instanceof InvalidInput) {
    const { problems } = error;
    return {
      status: 400,
      title: 'Bad Request',
      detail: 'The request is invalid; nothing was changed.',
      errors: problems,
    };
  }
  if (error instanceof NotFound) return { status: 404, title: 'Not Found', detail: error.message };
  if (error instanceof Conflict)
    return { status: 409, title: 'Conflict', detail: error.message, reason: error.reason, ...error.members };
  if (error instanceof KeyReused) {
    return {
      status: 422,
      title: 'Unprocessable Content',
      detail: 'The Idempotency-Key came before with another request: send a new key with a new request.',
      reason: 'idempotency_key_reused',
    };
  }
  if (error instanceof DatabaseUnavailable || error instanceof QueueUnavailable)
    return unavailable(error.retryAfterSeconds);
  switch ((error as { statusCode?: number } | null)?.statusCode) {
    case 413:
      return { status: 413, title: 'Content Too Large', detail: `A body may have at most ${MAX_BODY_BYTES} bytes.` };
    case 415:
      return {
        status: 415,
        title: 'Unsupported Media Type',
        detail: 'The body must be sent as content-type application/json.',
      };
    case 422:
      return {
        status: 400,
        title: 'Bad Request',
        detail: 'The body is not JSON, is nested too deeply, or holds a key such as __proto__.',
      };
    default:
      // middy ends a handler a moment before Lambda would: the client may try again.
      return error?.name === 'TimeoutError'
        ? unavailable(1)
        : { status: 500, title: 'Internal Server Error', detail: 'The request failed on our side and was logged.' };
  }
}

const unavailable = (retryAfterSeconds: number): ProblemDocument => ({
  status: 503,
  title: 'Service Unavailable',
  detail: 'The service cannot answer now. The same request may be sent again after the time in retry-after.',
  retryAfterSeconds,
});

/** Counted, `Answers500` and `Answers503`, and logged: ids and the kind of failure; the message of an unknown error stays out, it may quote what was sent. */
async function logFailure(event: Request, error: Error | null, status: number): Promise<void> {
  measure([`Answers${status}`, 1]);
  const { log } = await import('./log.ts');
  log.error('request failed', { ...requestFields(event), status, error: error as Error });
}
