import { createHash } from 'node:crypto';
import { text } from '../platform/text.ts';

/** The row a page ended with: the next page starts after it. */
export interface PageKey {
  createdUs: number;
  versionId: string;
}

const CHECKSUM_BYTES = 4;
const FILTERS_BYTES = 4;
const TIME_BYTES = 8;
/** The last moment a JavaScript date can hold, in microseconds; PostgreSQL's timestamps go further. */
const MAX_TIME_US = 8.64e15;

/**
 * Writes a cursor: opaque, url-safe, 56 characters for a ULID. It carries a hash of the query it belongs to and a checksum,
 * so that a cursor cut short or used with other filters is noticed instead of answering a page of something else.
 */
export function encodeCursor({ createdUs, versionId }: PageKey, query: string): string {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeBigInt64BE(BigInt(createdUs));
  const body = Buffer.concat([digest(query, FILTERS_BYTES), time, Buffer.from(versionId)]);
  return Buffer.concat([digest(body, CHECKSUM_BYTES), body]).toString('base64url');
}

/** Reads a cursor of this query, or says why it is none. */
export function decodeCursor(cursor: string, query: string): PageKey | 'broken' | 'of another query' {
  const bytes = Buffer.from(cursor, 'base64url');
  const body = bytes.subarray(CHECKSUM_BYTES);
  const versionId = body.subarray(FILTERS_BYTES + TIME_BYTES);
  // Comparing the text again refuses what base64 decoding forgives: padding, blanks, other alphabets.
  const intact =
    versionId.length > 0 &&
    bytes.toString('base64url') === cursor &&
    bytes.subarray(0, CHECKSUM_BYTES).equals(digest(body, CHECKSUM_BYTES));
  if (!intact) return 'broken';
  if (!body.subarray(0, FILTERS_BYTES).equals(digest(query, FILTERS_BYTES))) return 'of another query';
  // The checksum is no signature: anyone can write a cursor, so what it says is checked as what a caller says.
  const key = { createdUs: Number(body.readBigInt64BE(FILTERS_BYTES)), versionId: versionId.toString() };
  const possible = Math.abs(key.createdUs) <= MAX_TIME_US && text(255).safeParse(key.versionId).success;
  return possible ? key : 'broken';
}

const digest = (data: string | Buffer, bytes: number): Buffer =>
  createHash('sha256').update(data).digest().subarray(0, bytes);
