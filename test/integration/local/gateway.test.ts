import { mkdtemp } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalIssuer } from '../../../infra/local/gateway/issuer.ts';
import type { Route } from '../../../infra/local/gateway/routes.ts';
import { type HttpApi, serveHttpApi } from '../../../infra/local/gateway/server.ts';
import type { FunctionPool } from '../../../infra/local/lambda/function-pool.ts';
import { probeFunction } from '../../support/probe-function.ts';

const ISSUER = 'https://issuer.example';
const SIGNED = {
  authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'a'.repeat(64)}`,
  'x-amz-date': '20261123T000000Z',
};

let echo: FunctionPool;
let issuer: LocalIssuer;
let url: string;
let close: () => Promise<void>;

beforeAll(async () => {
  echo = probeFunction('echo');
  issuer = await LocalIssuer.open(await mkdtemp(join(tmpdir(), 'issuer-')));
  const route = (key: string, authorization: Route['authorization'], more: Partial<Route> = {}): Route => ({
    key,
    authorization,
    authorizerId: 'jwt',
    scopes: [],
    integrationId: 'echo',
    ...more,
  });
  const api: HttpApi = {
    accountId: '000000000000',
    apiId: 'abcdef0123',
    stage: '$default',
    cors: {
      allowOrigins: ['https://site.example'],
      allowMethods: ['GET', 'POST'],
      allowHeaders: ['authorization'],
      exposeHeaders: ['etag'],
      maxAge: 600,
      allowCredentials: false,
    },
    routes: [
      route('GET /projects/{projectId}/versions', 'JWT'),
      route('GET /scoped', 'JWT', { scopes: ['versions:read'] }),
      route('POST /pipeline/{projectId}', 'AWS_IAM'),
      route('ANY /open/{proxy+}', 'NONE'),
      route('GET /slow', 'NONE', { integrationId: 'impatient' }),
    ],
    integrations: new Map([
      ['echo', { function: echo, timeoutMilliseconds: 30_000 }],
      ['impatient', { function: echo, timeoutMilliseconds: 50 }],
    ]),
    authorizers: new Map([['jwt', { issuer: ISSUER, audience: ['versions', 'other'] }]]),
    publicKey: issuer.publicKey,
  };
  ({ url, close } = await serveHttpApi(api, 0));
});
afterAll(async () => {
  await close();
  await echo.stop();
});

const token = (more: object = {}) =>
  issuer.mintToken({ subject: 'ada', issuer: ISSUER, audience: 'versions', ...more });
const withToken = (jwt: string) => ({ headers: { authorization: `Bearer ${jwt}` } });

describe('an authorized request', () => {
  it("reaches the function as the service's event of payload format 2.0", async () => {
    const jwt = await token({ claims: { admin: true, groups: ['a', 'b'], level: 3, nested: { x: 1 }, none: null } });
    const response = await fetch(`${url}/projects/p%201/versions?limit=20&state=a&state=b%26c&q=x+y`, {
      headers: {
        authorization: `Bearer ${jwt}`,
        cookie: 'theme=dark; session=1',
        'user-agent': 'test/1',
        'X-Custom': 'one',
      },
    });
    const { event } = (await response.json()) as {
      event: { requestContext: { http: object; authorizer: { jwt: { claims: object } } } } & Record<string, unknown>;
    };
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'GET /projects/{projectId}/versions',
      rawPath: '/projects/p 1/versions',
      rawQueryString: 'limit=20&state=a&state=b%26c&q=x+y',
      cookies: ['theme=dark', 'session=1'],
      headers: expect.objectContaining({
        'user-agent': 'test/1',
        'x-custom': 'one',
        'content-length': '0',
        host: new URL(url).host,
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': new URL(url).port,
        'x-forwarded-proto': 'http',
        'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      }),
      queryStringParameters: { limit: '20', state: 'a,b&c', q: 'x y' },
      pathParameters: { projectId: 'p 1' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'abcdef0123',
        authorizer: {
          jwt: {
            claims: {
              iss: ISSUER,
              aud: 'versions',
              sub: 'ada',
              exp: expect.stringMatching(/^\d+$/),
              iat: expect.stringMatching(/^\d+$/),
              admin: 'true',
              groups: '[a b]',
              level: '3',
              nested: '{"x":1}',
            },
            scopes: null,
          },
        },
        domainName: '127.0.0.1',
        domainPrefix: '127',
        http: {
          method: 'GET',
          path: '/projects/p 1/versions',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test/1',
        },
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        routeKey: 'GET /projects/{projectId}/versions',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      isBase64Encoded: false,
    });
    expect(event.headers).not.toHaveProperty('cookie');
    expect(event.headers).not.toHaveProperty('connection');
  });

  it('with an IAM signature carries the caller', async () => {
    const response = await fetch(`${url}/pipeline/p1`, { method: 'POST', headers: SIGNED });
    const { event } = (await response.json()) as { event: { requestContext: object } };
    expect(event.requestContext).toHaveProperty('authorizer.iam.accessKey', 'AKIDEXAMPLE');
  });

  it.each([
    ['application/json', '{"a":"é"}', false],
    ['application/json; charset=utf-8', '{}', false],
    ['text/plain', 'hi', false],
    ['application/x-www-form-urlencoded', 'a=1', true],
    ['application/problem+json', '{}', true],
    ['application/octet-stream', 'hi', true],
    [undefined, 'hi', true],
  ])('with content type %s brings its body as text, or else as base64', async (type, body, encoded) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    const response = await fetch(`${url}/open/body`, { method: 'POST', headers, body: Buffer.from(body) });
    const { event } = (await response.json()) as { event: { body: string; isBase64Encoded: boolean } };
    expect(event.isBase64Encoded).toBe(encoded);
    expect(event.body).toBe(encoded ? Buffer.from(body).toString('base64') : body);
  });
});

describe('a JWT route', () => {
  const get = (headers: Record<string, string>, path = '/projects/p/versions') => fetch(url + path, { headers });

  it('takes the token with and without Bearer', async () => {
    for (const authorization of [`Bearer ${await token()}`, await token()])
      expect((await get({ authorization })).status).toBe(200);
  });

  it('takes client_id where there is no aud', async () => {
    const jwt = await issuer.mintToken({
      subject: 'ada',
      issuer: ISSUER,
      claims: { client_id: 'versions' },
    });
    expect((await get({ authorization: jwt })).status).toBe(200);
  });

  it('refuses a request without a token', async () => {
    const response = await get({});
    expect([response.status, await response.text()]).toEqual([401, '{"message":"Unauthorized"}']);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  it.each([
    ['an expired one', () => token({ expiresIn: -10 }), 'the token has expired'],
    ['one not yet valid', () => token({ notBefore: 60 }), "the token's nbf claim is not valid"],
    [
      'one of another issuer',
      () => token({ issuer: 'https://evil.example' }),
      'the token does not have a valid issuer',
    ],
    ['one for another audience', () => token({ audience: 'billing' }), 'the token does not have a valid audience'],
    ['one that is no token', async () => 'abc.def.ghi', 'the token is malformed'],
    ['one signed by somebody else', () => foreign('RS256'), 'the token signature is not valid'],
    ['one that signs itself with a shared secret', async () => symmetric(), 'the token is malformed'],
    ['one whose payload was changed', async () => tampered(await token()), 'the token signature is not valid'],
  ])('refuses %s', async (_, jwt, description) => {
    const response = await get(withToken(await jwt()).headers);
    expect([response.status, await response.text()]).toEqual([401, '{"message":"Unauthorized"}']);
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer scope="" error="invalid_token" error_description="${description}"`,
    );
  });

  it("with scopes wants one of them in the token, and passes the token's", async () => {
    const denied = await get(withToken(await token({ claims: { scope: 'profile' } })).headers, '/scoped');
    expect([denied.status, await denied.text()]).toEqual([403, '{"message":"Forbidden"}']);
    const allowed = await get(
      withToken(await token({ claims: { scope: 'profile versions:read' } })).headers,
      '/scoped',
    );
    const { event } = (await allowed.json()) as { event: object };
    expect(event).toHaveProperty('requestContext.authorizer.jwt.scopes', ['profile', 'versions:read']);
  });

  async function foreign(alg: string): Promise<string> {
    const { privateKey } = await generateKeyPair(alg);
    return new SignJWT({})
      .setProtectedHeader({ alg })
      .setIssuer(ISSUER)
      .setAudience('versions')
      .setExpirationTime('1h')
      .sign(privateKey);
  }
  function symmetric(): Promise<string> {
    return new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setAudience('versions')
      .setExpirationTime('1h')
      .sign(Buffer.alloc(32));
  }
  function tampered(jwt: string): string {
    const [header, payload = '', signature] = jwt.split('.');
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'eve' };
    return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
  }
});

describe('an IAM route', () => {
  it.each([
    ['nothing', {}],
    ['a token', { authorization: 'Bearer x' }],
    [
      'a signature for another service',
      { ...SIGNED, authorization: SIGNED.authorization.replace('execute-api', 'sqs') },
    ],
    ['half a signature', { ...SIGNED, authorization: SIGNED.authorization.slice(0, -10) }],
    ['a signature that leaves out the host', { ...SIGNED, authorization: SIGNED.authorization.replace('host;', '') }],
    ['no date', { authorization: SIGNED.authorization }],
  ])('refuses a request with %s', async (_, headers: Record<string, string>) => {
    const response = await fetch(`${url}/pipeline/p1`, { method: 'POST', headers });
    expect([response.status, await response.text()]).toEqual([403, '{"message":"Forbidden"}']);
  });
});

describe("the function's answer", () => {
  const answer = (value: unknown) =>
    fetch(`${url}/open/x?do=answer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(value),
    });

  it('is sent as it says', async () => {
    const response = await answer({
      statusCode: 201,
      headers: { ETag: '"1"', 'x-count': 3 },
      cookies: ['a=1; Secure', 'b=2'],
      body: 'done',
    });
    expect([response.status, await response.text()]).toEqual([201, 'done']);
    expect(response.headers.get('etag')).toBe('"1"');
    expect(response.headers.get('x-count')).toBe('3');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Secure', 'b=2']);
    expect(response.headers.get('content-type')).toBe('text/plain;charset=UTF-8');
    expect(response.headers.get('apigw-requestid')).toMatch(/=$/);
  });

  it('is decoded when it is base64', async () => {
    const response = await answer({
      statusCode: 200,
      isBase64Encoded: true,
      body: Buffer.from([0, 255]).toString('base64'),
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0, 255]));
  });

  it.each([
    [{ message: 'hi' }, '{"message":"hi"}'],
    [[1, 2], '[1,2]'],
    ['plain', 'plain'],
  ])('without a status code is the body of a 200: %j', async (value, body) => {
    const response = await answer(value);
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/json',
      body,
    ]);
  });

  it.each([[{ statusCode: 'ok' }], [{ statusCode: 200, body: { a: 1 } }]])(
    'that is no HTTP answer is a 500: %j',
    async (value) => {
      const response = await answer(value);
      expect([response.status, await response.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
    },
  );

  it.each(['throw', 'exit'])('is a 500 when there is none (%s)', async (wish) => {
    const response = await fetch(`${url}/open/x?do=${wish}`);
    expect([response.status, await response.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
  });

  it("that comes after the integration's timeout is a 503", async () => {
    const response = await fetch(`${url}/slow?do=wait`);
    expect([response.status, await response.text()]).toEqual([503, '{"message":"Service Unavailable"}']);
  });
});

describe('the gateway itself', () => {
  it.each([
    ['GET', '/nowhere'],
    ['DELETE', '/projects/p/versions'],
    ['GET', '/projects//versions'],
    ['GET', '/projects/a%2Fb/versions'],
    ['OPTIONS', '/projects/p/versions'],
  ])('knows no route for %s %s', async (method, path) => {
    const response = await fetch(url + path, { method });
    expect([response.status, await response.text()]).toEqual([404, '{"message":"Not Found"}']);
  });

  it('answers 400 to a path that cannot be decoded', async () => {
    expect(await rawStatus('/open/%ff')).toBe(400);
  });

  it('cuts the path at an encoded question mark', async () => {
    const { event } = (await (await fetch(`${url}/open/a%3Fb`)).json()) as { event: object };
    expect(event).toMatchObject({ rawPath: '/open/a', pathParameters: { proxy: 'a' } });
  });

  it('joins headers of one name with commas, in order', async () => {
    const { event } = (await (
      await fetch(`${url}/open/a`, {
        headers: [
          ['x-list', '1'],
          ['x-list', '2'],
        ],
      })
    ).json()) as { event: object };
    expect(event).toHaveProperty('headers.x-list', expect.stringMatching(/^1, ?2$/));
  });

  it('takes bodies of 10 MB and no more; more than a function takes is refused too', async () => {
    for (const size of [10 * 1024 * 1024 + 1, 6_300_000]) {
      const response = await fetch(`${url}/open/x`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: 'x'.repeat(size),
      });
      expect([response.status, await response.text()]).toEqual([413, '{"message":"Request Entity Too Large"}']);
    }
  });

  it('answers a preflight itself, on any path and without a token', async () => {
    const preflight = (origin: string) =>
      fetch(`${url}/projects/p/versions`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET' },
      });
    const allowed = await preflight('https://site.example');
    expect(allowed.status).toBe(204);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': 'https://site.example',
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization',
      'access-control-max-age': '600',
    });
    const refused = await preflight('https://evil.example');
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([204, null]);
  });

  it("puts its own CORS headers in the place of the function's", async () => {
    const response = await fetch(`${url}/open/x?do=answer`, {
      method: 'POST',
      headers: { origin: 'https://site.example', 'content-type': 'application/json' },
      body: JSON.stringify({
        statusCode: 200,
        headers: { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'PUT' },
      }),
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://site.example');
    expect(response.headers.get('access-control-expose-headers')).toBe('etag');
    expect(response.headers.get('access-control-allow-methods')).toBeNull();
  });

  function rawStatus(path: string): Promise<number | undefined> {
    return new Promise((settle, fail) => {
      httpRequest(url + path, (response) => settle(response.resume().statusCode))
        .on('error', fail)
        .end();
    });
  }
});
