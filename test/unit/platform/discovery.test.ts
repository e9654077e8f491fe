import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { discover, discoveryUrlOf } from '../../../functions/platform/discovery.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves a discovery document; undefined: never answers. */
async function serve(document: object | undefined, status = 200): Promise<string> {
  server = createServer((_, response) => {
    if (document) response.writeHead(status).end(JSON.stringify(document));
  });
  await new Promise<void>((settle) => server?.listen(0, '127.0.0.1', settle));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/openid-configuration`;
}

const ISSUER = 'https://issuer.example/pool';
const document = {
  issuer: ISSUER,
  authorization_endpoint: 'https://login.example/authorize',
  token_endpoint: 'https://login.example/token',
  jwks_uri: 'https://issuer.example/pool/keys',
};

describe('an issuer', () => {
  it('says where it signs users in, also when that is elsewhere', async () => {
    expect(await discover(ISSUER, await serve(document))).toEqual({
      issuer: ISSUER,
      authorization_endpoint: 'https://login.example/authorize',
      token_endpoint: 'https://login.example/token',
    });
    const end_session_endpoint = 'https://login.example/logout';
    expect(await discover(ISSUER, await serve({ ...document, end_session_endpoint }))).toMatchObject({
      end_session_endpoint,
    });
  });

  it.each([
    ['of another issuer', { ...document, issuer: 'https://evil.example' }, 200],
    ['without a token endpoint', { ...document, token_endpoint: undefined }, 200],
    ['with an address that is none', { ...document, token_endpoint: 'javascript:alert(1)' }, 200],
    ['that is an error', document, 500],
  ])('is not believed with a document %s', async (_, wrong, status) => {
    await expect(discover(ISSUER, await serve(wrong, status))).rejects.toThrow();
  });

  it('that does not answer is not waited for', async () => {
    const url = await serve(undefined);
    const started = performance.now();
    await expect(discover(ISSUER, url)).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it('is asked below its own path, with or without a slash at its end', () => {
    expect(discoveryUrlOf('https://a.example')).toBe('https://a.example/.well-known/openid-configuration');
    expect(discoveryUrlOf('https://a.example/b/')).toBe('https://a.example/b/.well-known/openid-configuration');
  });
});
