import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bundleFunctions } from '../../../infra/build/bundle.ts';
import { inTemporaryDirectory } from '../../support/template.ts';

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

type Handler = (request: object, context: object) => Promise<Answer>;

test('the page is served also while its issuer is away, and then asks it itself', () =>
  inTemporaryDirectory(async (outdir) => {
    let document: object | undefined;
    const server = createServer((_, response) =>
      response.writeHead(document ? 200 : 503).end(JSON.stringify(document)),
    );
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
    onTestFinished(() => void server.close());
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    vi.stubEnv('SIGN_IN_ISSUER', issuer);
    vi.stubEnv('SIGN_IN_CLIENT_ID', '</script><script>alert(1)');
    vi.stubEnv('SIGN_IN_AUDIENCE', 'api');
    vi.stubEnv('SIGN_IN_SCOPE', 'openid');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { 'serve-page': bundle } = await bundleFunctions({ outdir, functions: ['serve-page'] });
    const { handler } = (await import(pathToFileURL(`${bundle}/index.mjs`).href)) as { handler: Handler };
    const get = (headers: Record<string, string> = {}) =>
      handler({ rawPath: '/', headers, requestContext: { http: { method: 'GET' } } }, { awsRequestId: 'one' });

    const textOf = ({ body }: { body: string }) => gunzipSync(Buffer.from(body, 'base64')).toString();

    const away = await get();
    expect(away.headers['content-security-policy']).toMatch(new RegExp(`; connect-src 'self' ${issuer}$`));
    expect(away.headers['cache-control'], 'so that the next look finds the issuer').toBe('public, max-age=0');
    expect(textOf(away)).toContain('"metadata":null');
    expect(textOf(away), 'settings stay data').toContain('"clientId":"\\u003c/script>\\u003cscript>alert(1)"');

    document = {
      issuer,
      authorization_endpoint: 'https://login.example/authorize',
      token_endpoint: 'https://login.example/token',
    };
    expect(textOf(await get()), 'an issuer that failed is not asked again at once').toContain('"metadata":null');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11_000 });
    onTestFinished(() => void vi.useRealTimers());
    const found = await get();
    expect(found.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': 'gzip',
      'cache-control': 'public, max-age=300',
      'referrer-policy': 'no-referrer',
    });
    expect(found.headers['content-security-policy']).toMatch(/; connect-src 'self' https:\/\/login\.example$/);
    expect(textOf(found)).toContain('"token_endpoint":"https://login.example/token"');

    document = undefined;
    const again = await get({ 'accept-encoding': 'gzip', 'if-none-match': found.headers.etag ?? '' });
    expect(again.statusCode, 'the issuer is asked once').toBe(304);
    expect(again.headers['content-security-policy']).toBe(found.headers['content-security-policy']);
  }));
