import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSignature } from '../../../infra/local/permissions/authorization-header.ts';
import type { Credentials } from '../../../infra/local/permissions/credentials.ts';
import { isSignedBy, type SignedRequest } from '../../../infra/local/permissions/signature.ts';
import { runs } from '../../support/effort.ts';

const NOW = Date.parse('2026-11-23T04:00:00Z');
const caller: Credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const session: Credentials = { ...caller, sessionToken: 'a-session' };

interface Draft {
  method: string;
  path: string;
  query: Record<string, string | string[]>;
  headers: Record<string, string>;
  body: string;
}

const draft: Draft = {
  method: 'POST',
  path: '/pipeline/projects/shop/versions',
  query: { limit: '3', q: 'a b+c&d' },
  headers: { host: '127.0.0.1:4600', 'content-type': 'application/json', 'user-agent': 'test' },
  body: '{"prompt":"Søk"}',
};

/** As an SDK signs it and Node's HTTP server receives it. */
async function sent(from: Partial<Draft> = {}, credentials = caller, at = NOW): Promise<SignedRequest> {
  const request = { ...draft, ...from };
  const signer = new SignatureV4({ credentials, region: 'us-east-1', service: 'execute-api', sha256: Sha256 });
  const { headers } = await signer.sign(
    { ...request, protocol: 'http:', hostname: '127.0.0.1' },
    { signingDate: new Date(at) },
  );
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(request.query))
    for (const value of [values].flat()) query.append(name, value);
  return {
    method: request.method,
    target: query.size === 0 ? request.path : `${request.path}?${query}`,
    rawHeaders: Object.entries(headers).flat(),
    body: Buffer.from(request.body),
  };
}

const header = ({ rawHeaders }: SignedRequest, name: string) => rawHeaders[rawHeaders.indexOf(name) + 1] ?? '';

function withHeader(
  request: SignedRequest,
  name: string,
  change: (value: string) => string | undefined,
): SignedRequest {
  const at = request.rawHeaders.indexOf(name);
  const value = change(request.rawHeaders[at + 1] ?? '');
  const rest = request.rawHeaders.filter((_, index) => at === -1 || (index !== at && index !== at + 1));
  return { ...request, rawHeaders: value === undefined ? rest : [...rest, name, value] };
}

async function accepted(request: SignedRequest, credentials = caller, now = NOW): Promise<boolean> {
  const signature = parseSignature(header(request, 'authorization'));
  return signature !== undefined && (await isSignedBy(credentials, request, signature, now));
}

describe('a signature', () => {
  it('of what was received is accepted', async () => {
    expect(await accepted(await sent())).toBe(true);
    expect(await accepted(await sent({}, session), session)).toBe(true);
  });

  it('that AWS publishes as an example is accepted', async () => {
    // GET with query parameters, of the Signature Version 4 test suite ("get-vanilla-query-order-key-case").
    const request: SignedRequest = {
      method: 'GET',
      target: '/?Param2=value2&Param1=value1',
      rawHeaders: [
        'Host',
        'example.amazonaws.com',
        'X-Amz-Date',
        '20150830T123600Z',
        'authorization',
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
      ],
      body: Buffer.alloc(0),
    };
    expect(await accepted(request, caller, Date.parse('2015-08-30T12:36:00Z'))).toBe(true);
  });

  const CHANGES: Record<string, (request: SignedRequest) => SignedRequest> = {
    'the method': (request) => ({ ...request, method: 'PATCH' }),
    'the path': (request) => ({ ...request, target: request.target.replace('shop', 'other') }),
    'the query': (request) => ({ ...request, target: request.target.replace('limit=3', 'limit=4') }),
    'a parameter more': (request) => ({ ...request, target: `${request.target}&userId=ada` }),
    'the body': (request) => ({ ...request, body: Buffer.from('{"prompt":"other"}') }),
    'the body, its hash with it': (request) =>
      withHeader(
        { ...request, body: Buffer.alloc(0) },
        'x-amz-content-sha256',
        () => 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      ),
    'the hash of the body left out': (request) =>
      withHeader({ ...request, body: Buffer.alloc(0) }, 'x-amz-content-sha256', () => undefined),
    'an unsigned payload': (request) => withHeader(request, 'x-amz-content-sha256', () => 'UNSIGNED-PAYLOAD'),
    'a signed header': (request) => withHeader(request, 'content-type', () => 'text/plain'),
    'a signed header left out': (request) => withHeader(request, 'content-type', () => undefined),
    'the host': (request) => withHeader(request, 'host', () => '127.0.0.1:4601'),
    'an x-amz header more': (request) => withHeader(request, 'x-amz-meta', () => 'x'),
    'the date': (request) => withHeader(request, 'x-amz-date', () => '20261123T040001Z'),
    'the date left out': (request) => withHeader(request, 'x-amz-date', () => undefined),
    'a session token more': (request) => withHeader(request, 'x-amz-security-token', () => 'a-session'),
    'the signature': (request) =>
      withHeader(request, 'authorization', (value) => value.replace(/.$/, (last) => (last === '0' ? '1' : '0'))),
    'the region of the scope': (request) =>
      withHeader(request, 'authorization', (value) => value.replace('us-east-1', 'eu-west-1')),
    'the day of the scope': (request) =>
      withHeader(request, 'authorization', (value) => value.replace('/20261123/', '/20261122/')),
    'the list of signed headers': (request) =>
      withHeader(request, 'authorization', (value) => value.replace('content-type;', '')),
  };
  it.each(Object.entries(CHANGES))('is refused after a change of %s', async (_, change) => {
    expect(await accepted(change(await sent()))).toBe(false);
  });

  it('made with another secret, or of a session without its token, is refused', async () => {
    expect(await accepted(await sent({}, { ...caller, secretAccessKey: 'other' }))).toBe(false);
    expect(await accepted(await sent(), session)).toBe(false);
    expect(await accepted(await sent({}, { ...session, sessionToken: 'another' }), session)).toBe(false);
  });

  it.each([
    [-4.9, true],
    [4.9, true],
    [-5.1, false],
    [5.1, false],
    [24 * 60, false],
  ])('%d minutes from now: %s', async (minutes, expected) => {
    expect(await accepted(await sent({}, caller, NOW + minutes * 60_000))).toBe(expected);
  });

  it.each([
    '',
    'Bearer x',
    'AWS4-HMAC-SHA256',
    'AWS4-HMAC-SHA256 Credential=a/20261123/us-east-1/execute-api/aws4_request',
  ])('is not found in %j', (authorization) => expect(parseSignature(authorization)).toBeUndefined());

  it('of any request is accepted, and after a change of its body refused', async () => {
    const value = fc.string({ unit: 'binary', maxLength: 12 });
    const words = fc.array(
      fc.string({ unit: fc.constantFrom('a', 'ø', ' ', '+', '%', '&', '=', '/', '~'), minLength: 1, maxLength: 6 }),
      { minLength: 1, maxLength: 4 },
    );
    const request = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE'),
      path: words.map((parts) => `/${parts.map(encodeURIComponent).join('/')}`),
      query: fc.dictionary(
        fc.string({ minLength: 1, maxLength: 5 }),
        fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })),
        { maxKeys: 3 },
      ),
      body: fc.string({ unit: 'binary', maxLength: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(request, async (some) => {
        const received = await sent(some);
        expect(await accepted(received)).toBe(true);
        expect(await accepted({ ...received, body: Buffer.concat([received.body, Buffer.from('x')]) })).toBe(false);
      }),
      runs(50),
    );
  });
});
