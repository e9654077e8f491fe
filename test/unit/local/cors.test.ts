import { describe, expect, it } from 'vitest';
import { type Cors, preflightHeaders, responseHeaders } from '../../../infra/local/gateway/cors.ts';

const cors = (more: Partial<Cors>): Cors => ({
  allowOrigins: ['https://a.example'],
  allowMethods: ['GET'],
  allowHeaders: [],
  exposeHeaders: [],
  maxAge: undefined,
  allowCredentials: false,
  ...more,
});

describe('an allowed origin', () => {
  it.each([
    [['https://a.example'], 'https://a.example', 'https://a.example'],
    [['*'], 'https://any.example', '*'],
    [['https://*'], 'https://any.example', 'https://any.example'],
    [['https://*'], 'http://any.example', undefined],
    [['https://a.example'], 'https://a.example.evil', undefined],
  ])('of %j for %s gives %s', (allowOrigins, origin, expected) => {
    expect(responseHeaders(cors({ allowOrigins }), origin)['access-control-allow-origin']).toBe(expected);
  });

  it('is named, never *, when credentials are allowed', () => {
    expect(preflightHeaders(cors({ allowOrigins: ['*'], allowCredentials: true }), 'https://b.example')).toEqual({
      'access-control-allow-origin': 'https://b.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET',
    });
  });
});
