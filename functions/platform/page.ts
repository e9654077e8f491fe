import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** A file of the bundle that anyone may read. */
export interface Page {
  type: string;
  compressed: Buffer;
  etag: string;
}

/** Reads `<name>.gz` beside the function's code. */
export function page(name: string, type: string): Page {
  const compressed = readFileSync(join(import.meta.dirname, `${name}.gz`));
  const etag = `W/"${createHash('sha256').update(compressed).digest('base64url').slice(0, 22)}"`;
  return { type, compressed, etag };
}

// It changes when a deployment changes it; until then a browser asks again after this time and is answered 304.
const MAX_AGE_SECONDS = 300;

/** Answers a page: compressed for whoever takes that, and 304 for whoever has it. */
export function answerPage(
  { type, compressed, etag }: Page,
  { headers }: APIGatewayProxyEventV2,
): APIGatewayProxyStructuredResultV2 {
  const cached = { etag, 'cache-control': `public, max-age=${MAX_AGE_SECONDS}`, vary: 'accept-encoding' };
  const known = headers['if-none-match']?.split(',').map((each) => each.trim());
  if (known?.includes(etag) || known?.includes('*')) return { statusCode: 304, headers: cached };
  const zipped = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(headers['accept-encoding'] ?? '');
  return {
    statusCode: 200,
    headers: {
      ...cached,
      'content-type': type,
      'x-content-type-options': 'nosniff',
      ...(zipped && { 'content-encoding': 'gzip' }),
    },
    // Not compressed it is 1.9 MB of text; a function may answer 6 MB.
    body: zipped ? compressed.toString('base64') : gunzipSync(compressed).toString(),
    isBase64Encoded: zipped,
  };
}
