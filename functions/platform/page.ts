import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { conditional } from './conditional.ts';
import type { Request } from './http.ts';

/** A file of the bundle that anyone may read. */
export interface Page {
  type: string;
  compressed: Buffer;
}

/** Reads `<name>.gz` beside the function's code. */
export const page = (name: string, type: string): Page => ({
  type,
  compressed: readFileSync(join(import.meta.dirname, `${name}.gz`)),
});

// It changes when a deployment changes it; until then a browser asks again after this time and is answered 304.
const MAX_AGE_SECONDS = 300;

/** Answers a page: compressed for whoever takes that, and 304 for whoever has it. */
export function answerPage({ type, compressed }: Page, request: Request): APIGatewayProxyStructuredResultV2 {
  const zipped = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(request.headers['accept-encoding'] ?? '');
  return conditional(request, {
    statusCode: 200,
    headers: {
      'content-type': type,
      'cache-control': `public, max-age=${MAX_AGE_SECONDS}`,
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
      ...(zipped && { 'content-encoding': 'gzip' }),
    },
    // Not compressed the reference page is 1.9 MB of text; a function may answer 6 MB.
    body: zipped ? compressed.toString('base64') : gunzipSync(compressed).toString(),
    isBase64Encoded: zipped,
  });
}
