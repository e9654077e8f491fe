import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUED_BY, type ProbeApi, signedHeaders, startProbeApi } from '../../support/probe-api.ts';

let api: ProbeApi;
beforeAll(async () => {
  api = await startProbeApi();
});
afterAll(() => api.close());

describe('an authorized request', () => {
  it("reaches the function as the service's event of payload format 2.0", async () => {
    const jwt = await api.token({
      claims: { admin: true, groups: ['a', 'b'], level: 3, nested: { x: 1 }, none: null },
    });
    const response = await fetch(`${api.url}/projects/p%201/versions?limit=20&state=a&state=b%26c&q=x+y`, {
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
        host: new URL(api.url).host,
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': new URL(api.url).port,
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
              iss: ISSUED_BY,
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
        requestId: expect.stringMatching(/^[\w-]{15}=$/),
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
    const url = `${api.url}/pipeline/p1`;
    const response = await fetch(url, { method: 'POST', headers: await signedHeaders(url) });
    const { event } = (await response.json()) as { event: { requestContext: object } };
    expect(event.requestContext).toHaveProperty('authorizer.iam', {
      accessKey: 'AKIDEXAMPLE',
      accountId: '000000000000',
      callerId: expect.stringMatching(/^AROA[0-9A-F]{17}:probe$/),
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: 'arn:aws:sts::000000000000:assumed-role/caller/probe',
      userId: expect.stringMatching(/^AROA[0-9A-F]{17}:probe$/),
    });
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
    const response = await fetch(`${api.url}/open/body`, { method: 'POST', headers, body: Buffer.from(body) });
    const { event } = (await response.json()) as { event: { body: string; isBase64Encoded: boolean } };
    expect(event.isBase64Encoded).toBe(encoded);
    expect(event.body).toBe(encoded ? Buffer.from(body).toString('base64') : body);
  });
});
