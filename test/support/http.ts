import { Agent, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { PIPELINE } from '../../infra/local/permissions/credentials.ts';

/** A request as it goes on the wire: `fetch` would put right what must stay wrong. */
export interface HttpRequest {
  method: string;
  /** Path and query, encoded or not. */
  target: string;
  headers: Record<string, string>;
  body: string | undefined;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const agent = new Agent({ keepAlive: true });

/** Sends a request as it is. */
export function send(api: string, { method, target, headers, body }: HttpRequest): Promise<HttpAnswer> {
  const { hostname, port } = new URL(api);
  return new Promise((settle, fail) => {
    // Left out, Node sends a DELETE's body without saying that there is one.
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { agent, hostname, port, method, path: target, headers: { ...headers, ...length } };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', fail);
      response.once('end', () => {
        const sent = Buffer.concat(chunks);
        const zipped = response.headers['content-encoding'] === 'gzip';
        settle({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          body: (zipped ? gunzipSync(sent) : sent).toString(),
        });
      });
    });
    sent.once('error', fail);
    sent.end(body);
  });
}

const signer = new SignatureV4({
  service: 'execute-api',
  region: 'us-east-1',
  credentials: PIPELINE,
  sha256: Sha256,
});

/** The request signed as the pipeline signs it. */
export async function signed(api: string, request: HttpRequest): Promise<HttpRequest> {
  const { host, hostname, port, protocol } = new URL(api);
  const [path = '', search = ''] = request.target.split(/\?(.*)/s);
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(search)) query[name] = [...(query[name] ?? []), value];
  const { headers } = await signer.sign({
    method: request.method,
    protocol,
    hostname,
    port: Number(port),
    path,
    query,
    headers: { host },
    body: request.body,
  });
  return { ...request, headers: { ...request.headers, ...headers } };
}
