import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { conditional } from './conditional.ts';
import type { Request } from './request.ts';

/** A file of the bundle that anyone may read. */
export interface Page {
  type: string;
  compressed: Buffer;
  headers?: Record<string, string>;
  /** How long a browser need not ask again. */
  maxAgeSeconds?: number;
}

const read = (name: string): Buffer => readFileSync(join(import.meta.dirname, name));

/** Reads `<name>.gz` beside the function's code. */
export const page = (name: string, type: string): Page => ({ type, compressed: read(`${name}.gz`) });

/**
 * Reads `<name>.html.gz` beside the function's code and puts `settings` where it says `place`. The policy in `<name>.csp` goes with it; its scripts may
 * call the page's own origin and those of `addresses`.
 */
export function settledPage(name: string, place: string, settings: object, addresses: string[]): Page {
  const { type, compressed } = page(`${name}.html`, 'text/html; charset=utf-8');
  // `<` could end the element it stands in.
  const json = JSON.stringify(settings).replaceAll('<', '\\u003c');
  const document = gunzipSync(compressed)
    .toString()
    .replace(place, () => json);
  const origins = new Set(addresses.map((address) => new URL(address).origin));
  return {
    type,
    compressed: gzipSync(document),
    headers: {
      'content-security-policy': `${read(`${name}.csp`)}; connect-src ${["'self'", ...origins].join(' ')}`,
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    },
  };
}

// It changes when a deployment changes it; until then a browser asks again after this time and is answered 304.
const MAX_AGE_SECONDS = 300;

/** Answers a page, compressed for everybody: the reference is 1.9 MB unpacked. 304 for whoever has it. */
export function answerPage(
  { type, compressed, headers, maxAgeSeconds = MAX_AGE_SECONDS }: Page,
  request: Request,
): APIGatewayProxyStructuredResultV2 {
  return conditional(request, {
    statusCode: 200,
    headers: {
      'content-type': type,
      'cache-control': `public, max-age=${maxAgeSeconds}`,
      'x-content-type-options': 'nosniff',
      ...headers,
      'content-encoding': 'gzip',
    },
    body: compressed.toString('base64'),
    isBase64Encoded: true,
  });
}
