import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProbeApi, startProbeApi } from '../../support/probe-api.ts';

let api: ProbeApi;
beforeAll(async () => {
  api = await startProbeApi();
});
afterAll(() => api.close());

describe("the function's answer", () => {
  const answer = (value: unknown) =>
    fetch(`${api.url}/open/x?do=answer`, {
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
    const response = await fetch(`${api.url}/open/x?do=${wish}`);
    expect([response.status, await response.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
  });

  it("that comes after the integration's timeout is a 503", async () => {
    const response = await fetch(`${api.url}/slow?do=wait`);
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
    const response = await fetch(api.url + path, { method });
    expect([response.status, await response.text()]).toEqual([404, '{"message":"Not Found"}']);
  });

  it('answers 400 to a path that cannot be decoded', async () => {
    expect(await rawStatus('/open/%ff')).toBe(400);
  });

  it('cuts the path at an encoded question mark', async () => {
    const { event } = (await (await fetch(`${api.url}/open/a%3Fb`)).json()) as { event: object };
    expect(event).toMatchObject({ rawPath: '/open/a', pathParameters: { proxy: 'a' } });
  });

  it('joins headers of one name with commas, in order', async () => {
    const { event } = (await (
      await fetch(`${api.url}/open/a`, {
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
      const response = await fetch(`${api.url}/open/x`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: 'x'.repeat(size),
      });
      expect([response.status, await response.text()]).toEqual([413, '{"message":"Request Entity Too Large"}']);
    }
  });

  it('answers a preflight itself, on any path and without a token', async () => {
    const preflight = (origin: string) =>
      fetch(`${api.url}/projects/p/versions`, {
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
    const response = await fetch(`${api.url}/open/x?do=answer`, {
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
      httpRequest(api.url + path, (response) => settle(response.resume().statusCode))
        .on('error', fail)
        .end();
    });
  }
});
