import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Route } from '../../infra/local/gateway/routes.ts';
import { type HttpApi, serveHttpApi } from '../../infra/local/gateway/server.ts';
import { LocalIssuer, type TokenRequest } from '../../infra/local/issuer/issuer.ts';
import type { Credentials } from '../../infra/local/permissions/credentials.ts';
import { Permissions } from '../../infra/local/permissions/permissions.ts';
import { probeFunction } from './probe-function.ts';

export const ISSUED_BY = 'https://issuer.example';

/** The one caller the probe API knows; it may call the pipeline's route. */
const CALLER: Credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'probe' };

/** Headers of a POST without a body, signed by the caller. */
export async function signedHeaders(url: string, service = 'execute-api'): Promise<Record<string, string>> {
  const { host, hostname, pathname } = new URL(url);
  const signer = new SignatureV4({ service, region: 'us-east-1', credentials: CALLER, sha256: Sha256 });
  const request = { method: 'POST', protocol: 'http:', hostname, path: pathname, query: {}, headers: { host } };
  return (await signer.sign(request)).headers;
}

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
  const permissions = new Permissions('000000000000', 'us-east-1');
  const role = permissions.declare('role', 'caller');
  const resource = 'arn:aws:execute-api:us-east-1:000000000000:abcdef0123/$default/POST/pipeline/*';
  const statement = { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: resource };
  permissions.attach(role, { Version: '2012-10-17', Statement: [statement] }, 'Policy');
  permissions.assume(role, 'probe', CALLER);
  const api: HttpApi = {
    accountId: '000000000000',
    region: 'us-east-1',
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
    permissions,
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
