import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalIssuer, type TokenRequest } from '../../infra/local/gateway/issuer.ts';
import type { Route } from '../../infra/local/gateway/routes.ts';
import { type HttpApi, serveHttpApi } from '../../infra/local/gateway/server.ts';
import { probeFunction } from './probe-function.ts';

export const ISSUED_BY = 'https://issuer.example';

/** Headers of a request signed for an HTTP API. */
export const SIGNED = {
  authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'a'.repeat(64)}`,
  'x-amz-date': '20261123T000000Z',
};

export interface ProbeApi {
  url: string;
  issuer: LocalIssuer;
  /** A token the API takes, unless `more` says otherwise. */
  token(more?: Partial<TokenRequest>): Promise<string>;
  close(): Promise<void>;
}

/** An HTTP API in front of the echo function, with a route of each kind. */
export async function startProbeApi(): Promise<ProbeApi> {
  const echo = probeFunction('echo');
  const issuer = await LocalIssuer.open(await mkdtemp(join(tmpdir(), 'issuer-')));
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
    authorizers: new Map([['jwt', { issuer: ISSUED_BY, audience: ['versions', 'other'] }]]),
    publicKey: issuer.publicKey,
  };
  const served = await serveHttpApi(api, 0);
  return {
    url: served.url,
    issuer,
    token: (more = {}) => issuer.mintToken({ subject: 'ada', issuer: ISSUED_BY, audience: 'versions', ...more }),
    close: async () => {
      await served.close();
      await echo.stop();
    },
  };
}
