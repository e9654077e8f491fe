import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  Conflict,
  DatabaseError,
  DatabaseUnavailable,
  InvalidInput,
  KeyReused,
  NotFound,
} from '../../../functions/platform/errors.ts';
import { answer, callerUser, command, isUser, query, routes } from '../../../functions/platform/http.ts';
import type { Request } from '../../../functions/platform/request.ts';

let logged: string[];
beforeEach(() => {
  logged = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((line) => logged.push(String(line)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const context = { getRemainingTimeInMillis: () => 10_000 } as Context;

const event = (over: object = {}): Request =>
  ({
    headers: { 'content-type': 'application/json' },
    pathParameters: { projectId: 'shop' },
    requestContext: { requestId: 'request-1', routeKey: 'GET /x', http: { method: 'POST' } },
    isBase64Encoded: false,
    ...over,
  }) as never;

async function call(handler: ReturnType<typeof query>, request: Request) {
  const result = (await handler(request, context)) as APIGatewayProxyStructuredResultV2;
  return { status: result.statusCode, headers: result.headers ?? {}, body: JSON.parse(result.body ?? 'null') };
}

const failing = (error: Error) => query(() => Promise.reject(error));

describe('errors become problem documents', () => {
  test.each([
    [new InvalidInput([{ field: 'limit', message: 'must be a whole number 1 to 100' }]), 400],
    [new NotFound('There is no such project.'), 404],
    [new Conflict('version_exists', 'taken'), 409],
    [new DatabaseUnavailable('resuming', 15), 503],
    [new DatabaseError('23505', 'duplicate key'), 500],
    [new Error('boom'), 500],
  ])('%s', async (error, status) => {
    const result = await call(failing(error), event());
    expect(result).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
    expect(result.body).toMatchObject({
      type: 'about:blank',
      status,
      title: expect.any(String),
      detail: expect.any(String),
    });
  });

  test('a 400 names the field and what is allowed', async () => {
    const problems = [{ field: 'limit', message: 'must be a whole number 1 to 100' }];
    expect((await call(failing(new InvalidInput(problems)), event())).body.errors).toEqual(problems);
  });

  test('a 503 says when to come back', async () => {
    expect((await call(failing(new DatabaseUnavailable('resuming', 15)), event())).headers).toMatchObject({
      'retry-after': '15',
    });
  });

  test('what an unknown error says reaches neither the answer nor the log; the request id reaches the log', async () => {
    const result = await call(failing(new DatabaseError('42P01', 'relation "select secret" does not exist')), event());
    expect(JSON.stringify([result, logged])).not.toContain('secret');
    expect(logged.join()).toContain('request-1');
    expect(logged.join()).toContain('DatabaseError');
  });
});

describe('bodies', () => {
  const echo = command(async ({ body }) => answer(200, body));

  test('a JSON body arrives parsed', async () => {
    expect(await call(echo, event({ body: '{"a":1}' }))).toMatchObject({ status: 200, body: { a: 1 } });
  });

  test.each([
    ['{', 400],
    ['{"__proto__":{"admin":true}}', 400],
    [`"${'x'.repeat(262_143)}"`, 413],
    [`"${'€'.repeat(87_381)}"`, 413],
  ])('%.20s answers %i', async (body, status) => {
    const result = await call(echo, event({ body }));
    expect(result).toMatchObject({ status, body: { status } });
  });

  test.each([undefined, ''])('no body at all (%j) is an empty object, whatever its content type', async (body) => {
    for (const headers of [{}, { 'content-type': 'application/x-www-form-urlencoded' }]) {
      expect(await call(echo, event({ body, headers }))).toMatchObject({ status: 200, body: {} });
    }
  });

  test('what a DELETE carries is not read', async () => {
    const requestContext = { http: { method: 'DELETE' } };
    expect(await call(echo, event({ body: 'now', headers: {}, requestContext }))).toMatchObject({
      status: 200,
      body: {},
    });
  });

  test('a body of exactly 256 KiB is taken', async () => {
    expect(await call(echo, event({ body: `"${'x'.repeat(262_142)}"` }))).toMatchObject({ status: 200 });
  });

  test.each([{}, { 'content-type': 'text/plain' }])('content type %j answers 415', async (headers) => {
    expect(await call(echo, event({ body: '{}', headers }))).toMatchObject({ status: 415 });
  });
});

describe('routes', () => {
  const handler = query(routes({ 'GET /x': async () => answer(200, 'x') }));

  test('are told apart by what the gateway matched; one the function does not know is a failure of ours', async () => {
    expect(await call(handler, event())).toMatchObject({ status: 200, body: 'x' });
    expect(await call(handler, event({ requestContext: { routeKey: 'GET /y' } }))).toMatchObject({ status: 500 });
  });
});

test('a key that came with another request is a 422 with a reason', async () => {
  expect(await call(failing(new KeyReused()), event())).toMatchObject({
    status: 422,
    headers: { 'content-type': 'application/problem+json' },
    body: { status: 422, reason: 'idempotency_key_reused' },
  });
});

test('a conflict tells what else there is to know', async () => {
  const conflict = new Conflict('published_elsewhere', 'taken', { publishedVersionId: null });
  expect((await call(failing(conflict), event())).body).toMatchObject({ publishedVersionId: null });
});

describe('whose versions', () => {
  const asUser = event({ requestContext: { authorizer: { jwt: { claims: { sub: 'user-1' } } } } });
  const asService = event({ requestContext: { authorizer: { iam: { userArn: 'arn:aws:iam::1:role/backend' } } } });

  test("a token's subject, a back end's named user", () => {
    expect(callerUser(asUser, undefined)).toBe('user-1');
    expect(callerUser(asService, 'user-2')).toBe('user-2');
  });

  test('a user is who brings a token, not a back end that names one', () => {
    expect([asUser, asService, event()].map(isUser)).toEqual([true, false, false]);
  });

  test('a user cannot name another, a back end must name one, a token needs a subject', () => {
    expect(() => callerUser(asUser, 'user-2')).toThrow(InvalidInput);
    expect(() => callerUser(asService, undefined)).toThrow(InvalidInput);
    expect(() => callerUser(event({ requestContext: { authorizer: { jwt: { claims: {} } } } }), undefined)).toThrow(
      'subject',
    );
  });

  test.each([['a\0b'], ['half \ud83d pair'], ['x'.repeat(256)], [' ']])('the subject %j is refused', (sub) => {
    const request = event({ requestContext: { authorizer: { jwt: { claims: { sub } } } } });
    expect(() => callerUser(request, undefined)).toThrow(InvalidInput);
  });

  test('who was let through by no authorizer speaks for nobody', () => {
    expect(() => callerUser(event(), 'user-2')).toThrow(TypeError);
  });
});
