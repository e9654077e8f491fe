import { generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUED_BY, type ProbeApi, signedHeaders, startProbeApi } from '../../support/probe-api.ts';

let api: ProbeApi;
beforeAll(async () => {
  api = await startProbeApi();
});
afterAll(() => api.close());

describe('a JWT route', () => {
  const get = (headers: Record<string, string>, path = '/projects/p/versions') => fetch(api.url + path, { headers });

  it('takes the token with and without Bearer', async () => {
    for (const authorization of [`Bearer ${await api.token()}`, await api.token()])
      expect((await get({ authorization })).status).toBe(200);
  });

  it('takes client_id where there is no aud', async () => {
    const jwt = await api.issuer.mintToken({
      subject: 'ada',
      issuer: ISSUED_BY,
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
    ['an expired one', () => api.token({ expiresIn: -10 }), 'the token has expired'],
    ['one not yet valid', () => api.token({ notBefore: 60 }), "the token's nbf claim is not valid"],
    [
      'one of another issuer',
      () => api.token({ issuer: 'https://evil.example' }),
      'the token does not have a valid issuer',
    ],
    ['one for another audience', () => api.token({ audience: 'billing' }), 'the token does not have a valid audience'],
    ['one that is no token', async () => 'abc.def.ghi', 'the token is malformed'],
    ['one signed by somebody else', () => foreign('RS256'), 'the token signature is not valid'],
    ['one that signs itself with a shared secret', async () => symmetric(), 'the token is malformed'],
    ['one whose payload was changed', async () => tampered(await api.token()), 'the token signature is not valid'],
  ])('refuses %s', async (_, jwt, description) => {
    const response = await get({ authorization: `Bearer ${await jwt()}` });
    expect([response.status, await response.text()]).toEqual([401, '{"message":"Unauthorized"}']);
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer scope="" error="invalid_token" error_description="${description}"`,
    );
  });

  it("with scopes wants one of them in the token, and passes the token's", async () => {
    const denied = await get(
      { authorization: `Bearer ${await api.token({ claims: { scope: 'profile' } })}` },
      '/scoped',
    );
    expect([denied.status, await denied.text()]).toEqual([403, '{"message":"Forbidden"}']);
    const allowed = await get(
      { authorization: `Bearer ${await api.token({ claims: { scope: 'profile versions:read' } })}` },
      '/scoped',
    );
    const { event } = (await allowed.json()) as { event: object };
    expect(event).toHaveProperty('requestContext.authorizer.jwt.scopes', ['profile', 'versions:read']);
  });

  async function foreign(alg: string): Promise<string> {
    const { privateKey } = await generateKeyPair(alg);
    return new SignJWT({})
      .setProtectedHeader({ alg })
      .setIssuer(ISSUED_BY)
      .setAudience('versions')
      .setExpirationTime('1h')
      .sign(privateKey);
  }
  function symmetric(): Promise<string> {
    return new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUED_BY)
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
  const post = async (change: (headers: Record<string, string>) => Record<string, string>, service?: string) => {
    const url = `${api.url}/pipeline/p1`;
    const response = await fetch(url, { method: 'POST', headers: change(await signedHeaders(url, service)) });
    return [response.status, await response.text()];
  };
  const changed = (from: string, to: string) => (headers: Record<string, string>) => ({
    ...headers,
    authorization: headers.authorization?.replace(from, to) ?? '',
  });
  const without = (name: string) => (headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name));

  it.each<[string, Parameters<typeof post>]>([
    ['nothing', [() => ({})]],
    ['a token', [() => ({ authorization: 'Bearer x' })]],
    ['a signature for another service', [(headers) => headers, 'sqs']],
    ['half a signature', [(headers) => ({ ...headers, authorization: headers.authorization?.slice(0, -10) ?? '' })]],
    ['a signature that leaves out the host', [changed('host;', '')]],
    ['a signature by somebody else', [changed('AKIDEXAMPLE', 'AKIDOTHER')]],
    ['no date', [without('x-amz-date')]],
  ])('refuses a request with %s', async (_, [change, service]) => {
    expect(await post(change, service)).toEqual([403, '{"message":"Forbidden"}']);
  });

  it('takes a signature of a caller it knows', async () => {
    expect((await post((headers) => headers))[0]).toBe(200);
  });
});
