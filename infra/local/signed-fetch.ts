import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { type Credentials, PIPELINE } from './permissions/credentials.ts';

/**
 * Sends a request to an IAM route of the local HTTP API, signed (Signature Version 4) as a deploy pipeline signs it or with other
 * credentials. `body` is sent as JSON, undefined as none; with a content type given, as the text it is. `headers` go along unsigned.
 */
export async function signedFetch(
  method: string,
  url: string,
  body?: unknown,
  contentType?: string,
  credentials: Credentials = PIPELINE,
  headers: Record<string, string> = {},
): Promise<Response> {
  const text = body === undefined ? undefined : contentType === undefined ? JSON.stringify(body) : String(body);
  const { protocol, hostname, port, host, pathname, searchParams } = new URL(url);
  const signer = new SignatureV4({
    service: 'execute-api',
    region: process.env.AWS_REGION ?? 'us-east-1',
    credentials,
    sha256: Sha256,
  });
  const signed = await signer.sign({
    method,
    protocol,
    hostname,
    ...(port && { port: Number(port) }),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host, ...(text !== undefined && { 'content-type': contentType ?? 'application/json' }) },
    body: text,
  });
  return fetch(url, { method, headers: { ...headers, ...signed.headers }, ...(text !== undefined && { body: text }) });
}
