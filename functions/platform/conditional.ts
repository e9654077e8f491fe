import { createHash } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Request } from './request.ts';

/** 96 bits of a SHA-256 tell answers of one address apart. */
const TAG_BYTES = 12;

/**
 * Gives an answer an ETag, and to who has it already (If-None-Match) the answer 304 without a body. The tag is weak: it says that the
 * JSON is the same, not which compression it came in (RFC 9110, 8.8.1 and 13.1.2).
 */
export function conditional(
  request: Request,
  answer: APIGatewayProxyStructuredResultV2,
): APIGatewayProxyStructuredResultV2 {
  const etag = `W/"${createHash('sha256')
    .update(answer.body ?? '')
    .digest()
    .subarray(0, TAG_BYTES)
    .toString('base64url')}"`;
  const headers: Record<string, string | number | boolean> = { ...answer.headers, etag };
  if (!names(request.headers['if-none-match'] ?? '', etag)) return { ...answer, headers };
  const { 'content-type': _, ...rest } = headers;
  return { statusCode: 304, headers: rest };
}

const names = (ifNoneMatch: string, etag: string): boolean =>
  ifNoneMatch.trim() === '*' || opaqueTags(ifNoneMatch).includes(etag.slice(2));

/** The tags of a list without their weakness: If-None-Match compares weakly. */
const opaqueTags = (list: string): string[] => list.match(/"[^"]*"/g) ?? [];
