import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

const signer = new SignatureV4({
  service: 'execute-api',
  region: process.env.AWS_REGION ?? 'us-east-1',
  credentials: {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? 'local',
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? 'local',
  },
  sha256: Sha256,
});

/**
 * Sends a request to an IAM route of the HTTP API, signed as a deploy pipeline signs it (Signature Version 4). `body` is sent
 * as JSON; with a content type given, as the text it is.
 */
export async function signedFetch(method: string, url: string, body: unknown, contentType?: string): Promise<Response> {
  const text = contentType === undefined ? JSON.stringify(body) : String(body);
  const { protocol, hostname, port, host, pathname, searchParams } = new URL(url);
  const signed = await signer.sign({
    method,
    protocol,
    hostname,
    ...(port && { port: Number(port) }),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host, 'content-type': contentType ?? 'application/json' },
    body: text,
  });
  return fetch(url, { method, headers: signed.headers, body: text });
}
