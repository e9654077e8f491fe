import { createHash, timingSafeEqual } from 'node:crypto';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { parseSignature, type Signature } from './authorization-header.ts';
import type { Credentials } from './credentials.ts';

/** A request as it came over the wire. */
export interface SignedRequest {
  method: string;
  /** Path and query, still encoded. */
  target: string;
  /** Names and values as sent, in order. */
  rawHeaders: readonly string[];
  body: Buffer;
}

/** How far a request's clock may be off: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html */
const SKEW_MS = 5 * 60_000;

/**
 * Whether a request was signed with these credentials and came as it was signed: the signature is computed again over what was received
 * and compared in constant time. Also asked: a date within five minutes, that host, date, session token and all other x-amz headers are signed and
 * there, and that a payload hash, when one is sent, is the body's (so `UNSIGNED-PAYLOAD`, which is S3's alone, is refused).
 */
export async function isSignedBy(
  credentials: Credentials,
  request: SignedRequest,
  signature: Signature,
  now = Date.now(),
): Promise<boolean> {
  const headers = headersOf(request.rawHeaders);
  const signedAt = dateOf(headers['x-amz-date']);
  if (signedAt === undefined || Math.abs(now - signedAt.getTime()) > SKEW_MS) return false;
  if (headers['x-amz-date']?.slice(0, 8) !== signature.day) return false;
  if (headers['x-amz-security-token'] !== credentials.sessionToken) return false;
  const payload = headers['x-amz-content-sha256'];
  if (payload !== undefined && payload !== createHash('sha256').update(request.body).digest('hex')) return false;

  const { signedHeaders } = signature;
  const mustBeSigned = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  if (!mustBeSigned.every((name) => signedHeaders.includes(name))) return false;
  if (!signedHeaders.every((name) => headers[name] !== undefined)) return false;
  return sameText(signature.signature, await signatureOf(credentials, request, signature, headers, signedAt));
}

async function signatureOf(
  credentials: Credentials,
  { method, target, body }: SignedRequest,
  { region, service, signedHeaders }: Signature,
  headers: Record<string, string>,
  signingDate: Date,
): Promise<string | undefined> {
  // The checksum header is signed when it was sent, which is known by now to be right.
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256, applyChecksum: false });
  const at = target.indexOf('?');
  const signed = await signer.sign(
    new HttpRequest({
      method,
      path: at === -1 ? target : target.slice(0, at),
      query: queryOf(at === -1 ? '' : target.slice(at + 1)),
      headers: Object.fromEntries(signedHeaders.map((name) => [name, headers[name] ?? ''])),
      body,
    }),
    // All of them, also those the signer leaves out by itself, such as user-agent.
    { signingDate, signableHeaders: new Set(signedHeaders) },
  );
  return parseSignature(signed.headers.authorization)?.signature;
}

function sameText(left: string, right: string | undefined): boolean {
  return right !== undefined && left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

/** By lower-case name; values of one name joined with commas, in order, as they are signed. */
function headersOf(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]?.toLowerCase() ?? '';
    const value = raw[index + 1] ?? '';
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return headers;
}

/** Decoded; the signer encodes them again in the one canonical way. */
function queryOf(query: string): Record<string, string[]> {
  const parameters: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = [...(Object.hasOwn(parameters, name) ? (parameters[name] ?? []) : []), value];
  }
  return parameters;
}

/** `20261123T040000Z` */
function dateOf(text: string | undefined): Date | undefined {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '') ?? [];
  if (year === undefined) return undefined;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
