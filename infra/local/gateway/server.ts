import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { CryptoKey } from 'jose';
import { refuseForeign } from '../foreign-request.ts';
import type { FunctionPool } from '../lambda/function-pool.ts';
import { RequestTooLarge } from '../lambda/invocation.ts';
import { close, listen } from '../listen.ts';
import type { Permissions } from '../permissions/permissions.ts';
import { type Answer, answerOf, gatewayAnswer, internalServerError } from './answer.ts';
import { type Cors, isPreflight, preflightHeaders, responseHeaders } from './cors.ts';
import { eventOf, headerOf, type ReceivedRequest } from './event.ts';
import { type ApiPlace, iamAuthorizer } from './iam.ts';
import { authorizeJwt, type JwtAuthorizer } from './jwt.ts';
import { MalformedPath, splitPath } from './path.ts';
import { matchRoute, type Route } from './routes.ts';

export interface Integration {
  function: FunctionPool;
  timeoutMilliseconds: number;
}

/** An HTTP API. Routes, integrations and authorizers may be added while it serves. */
export interface HttpApi extends ApiPlace {
  /** Not all of its routes are declared yet: every request meets a 503. */
  deploying?: boolean;
  cors: Cors | undefined;
  routes: Route[];
  integrations: Map<string, Integration>;
  authorizers: Map<string, JwtAuthorizer>;
  publicKey: CryptoKey;
  permissions: Permissions;
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const BODY_LIMIT = 10 * 1024 * 1024;
const HEADER_LIMIT = 10_240;
// Node's 5 s would close a connection in the very moment a client sends its next request on it.
const KEEP_ALIVE_MS = 120_000;

/** Serves an HTTP API on 127.0.0.1. @throws CannotListen */
export async function serveHttpApi(api: HttpApi, port: number): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer({ maxHeaderSize: HEADER_LIMIT, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    if (refuseForeign(request, response, true)) return;
    // The service's ids look so, and the event and the answer have the same one.
    const requestId = `${randomBytes(11).toString('base64url')}=`;
    handle(api, request, requestId)
      .catch((): Answer => internalServerError())
      .then((answer) => send(response, answer, requestId))
      .catch(() => response.destroy());
  });
  return { url: await listen(server, port), close: () => close(server) };
}

async function handle(api: HttpApi, request: IncomingMessage, requestId: string): Promise<Answer> {
  const method = request.method ?? 'GET';
  const origin = request.headers.origin;
  if (api.cors !== undefined && origin !== undefined && isPreflight(method, request.headers)) {
    request.resume();
    return { status: 204, headers: preflightHeaders(api.cors, origin), body: Buffer.alloc(0) };
  }
  const body = await bodyOf(request);
  if (body === undefined) return gatewayAnswer(413, 'Request Entity Too Large');
  if (api.deploying) return gatewayAnswer(503, 'Service Unavailable', { 'retry-after': '1' });
  const answer = await route(api, request, { method, body, requestId });
  if (api.cors === undefined || !answer.fromFunction) return answer;
  // With CORS configured the gateway's headers stand and the function's go.
  const kept = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
  return {
    ...answer,
    headers: { ...Object.fromEntries(kept), ...(origin === undefined ? {} : responseHeaders(api.cors, origin)) },
  };
}

type Routed = Answer & { fromFunction?: true };

async function route(
  api: HttpApi,
  request: IncomingMessage,
  { method, body, requestId }: Pick<ReceivedRequest, 'method' | 'body' | 'requestId'>,
): Promise<Routed> {
  const target = request.url ?? '/';
  let path: string;
  try {
    ({ path } = splitPath(target));
  } catch (error) {
    if (error instanceof MalformedPath) return gatewayAnswer(400, 'Bad Request');
    throw error;
  }
  const matched = matchRoute(api.routes, method, path);
  if (matched === undefined) return gatewayAnswer(404, 'Not Found');
  const received: ReceivedRequest = {
    method,
    target,
    rawHeaders: request.rawHeaders,
    body,
    sourceIp: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    protocol: `HTTP/${request.httpVersion}`,
    receivedAt: new Date(),
    requestId,
  };
  const verdict = await authorize(api, received, path, matched.route);
  if ('refused' in verdict) return verdict.refused;
  const integration = api.integrations.get(matched.route.integrationId);
  if (integration === undefined) return internalServerError();
  const event = eventOf(received, {
    accountId: api.accountId,
    apiId: api.apiId,
    stage: api.stage,
    routeKey: matched.route.key,
    pathParameters: matched.pathParameters,
    authorizer: verdict.authorizer,
  });
  return await invoke(integration, event);
}

async function authorize(
  api: HttpApi,
  request: ReceivedRequest,
  path: string,
  matched: Route,
): Promise<{ authorizer: object | undefined } | { refused: Answer }> {
  if (matched.authorization === 'NONE') return { authorizer: undefined };
  if (matched.authorization === 'AWS_IAM') {
    const authorizer = await iamAuthorizer(request, path, api, api.permissions);
    return authorizer === undefined ? { refused: gatewayAnswer(403, 'Forbidden') } : { authorizer };
  }
  const declared = api.authorizers.get(matched.authorizerId ?? '');
  if (declared === undefined) return { refused: internalServerError() };
  const verdict = await authorizeJwt(headerOf(request, 'authorization'), declared, matched.scopes, api.publicKey);
  if (verdict.allowed) return { authorizer: verdict.authorizer };
  return { refused: gatewayAnswer(verdict.status, verdict.message, { 'www-authenticate': verdict.authenticate }) };
}

async function invoke(integration: Integration, event: object): Promise<Routed> {
  let timer: NodeJS.Timeout | undefined;
  // 503 with this message, as users of the service report it: https://github.com/cortexlabs/cortex/issues/1225
  // The function goes on and its answer is dropped.
  const late = new Promise<Routed>((settle) => {
    timer = setTimeout(() => settle(gatewayAnswer(503, 'Service Unavailable')), integration.timeoutMilliseconds);
  });
  const called = integration.function.invoke(event).then(
    (result): Routed => (result.ok ? { ...answerOf(result.payload), fromFunction: true } : internalServerError()),
    (error): Routed => {
      if (error instanceof RequestTooLarge) return gatewayAnswer(413, 'Request Entity Too Large');
      throw error;
    },
  );
  try {
    return await Promise.race([called, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns undefined when it is over the limit; the rest is then read and dropped, so that the client reads our answer. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= BODY_LIMIT) chunks.push(chunk as Buffer);
    else chunks.length = 0;
  }
  return size > BODY_LIMIT ? undefined : Buffer.concat(chunks);
}

function send(response: ServerResponse, answer: Answer, requestId: string): void {
  response.writeHead(answer.status, {
    ...answer.headers,
    'content-length': answer.body.length,
    'apigw-requestid': requestId,
  });
  response.end(answer.body);
}
