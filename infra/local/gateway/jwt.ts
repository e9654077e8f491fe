import { type CryptoKey, errors, type JWTPayload, jwtVerify } from 'jose';
import { ALGORITHM } from '../issuer/issuer.ts';

/** A JWT authorizer as the template declares it. */
export interface JwtAuthorizer {
  issuer: string;
  audience: string[];
}

export type JwtVerdict =
  | { allowed: true; authorizer: { jwt: { claims: Record<string, string>; scopes: string[] | null } } }
  | { allowed: false; status: 401 | 403; message: 'Unauthorized' | 'Forbidden'; authenticate: string };

/**
 * Decides on a request to a JWT route as an HTTP API does: signature, issuer, audience (or client_id), times, then the route's scopes.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 *
 * @param header the Authorization header: the token, with or without `Bearer `.
 */
export async function authorizeJwt(
  header: string | undefined,
  authorizer: JwtAuthorizer,
  routeScopes: readonly string[],
  publicKey: CryptoKey,
): Promise<JwtVerdict> {
  const token = header?.replace(/^Bearer\s+/i, '').trim();
  if (!token) return unauthorized(undefined);
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, publicKey, { issuer: authorizer.issuer, algorithms: [ALGORITHM] }));
  } catch (error) {
    return unauthorized(reason(error));
  }
  if (payload.exp === undefined) return unauthorized('the token has no expiration');
  const audience = payload.aud === undefined ? [payload.client_id] : [payload.aud].flat();
  if (!audience.some((each) => authorizer.audience.includes(String(each))))
    return unauthorized('the token does not have a valid audience');

  const scopes = scopesOf(payload);
  if (routeScopes.length > 0 && !routeScopes.some((scope) => scopes.includes(scope))) {
    return {
      allowed: false,
      status: 403,
      message: 'Forbidden',
      authenticate: bearer('insufficient_scope', 'the token does not have a required scope', routeScopes),
    };
  }
  // A route without scopes passes null, not the token's own.
  return {
    allowed: true,
    authorizer: { jwt: { claims: claimsOf(payload), scopes: routeScopes.length > 0 ? scopes : null } },
  };
}

/**
 * Claims arrive as strings: numbers and booleans printed, lists as `[a b]`, objects as JSON, null left out. Measured at the real service:
 * https://github.com/floci-io/floci/pull/2011
 */
function claimsOf(payload: JWTPayload): Record<string, string> {
  const claims: Record<string, string> = {};
  for (const [name, value] of Object.entries(payload)) {
    if (value === null || value === undefined) continue;
    if (Array.isArray(value)) claims[name] = `[${value.map(String).join(' ')}]`;
    else claims[name] = typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  return claims;
}

function scopesOf(payload: JWTPayload): string[] {
  const value = payload.scope ?? payload.scp;
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' ? value.split(' ').filter((scope) => scope !== '') : [];
}

function unauthorized(description: string | undefined): JwtVerdict {
  const authenticate = description === undefined ? 'Bearer' : bearer('invalid_token', description, []);
  return { allowed: false, status: 401, message: 'Unauthorized', authenticate };
}

// The form of the header: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
// Of the descriptions only the audience's is documented.
function bearer(error: string, description: string, scopes: readonly string[]): string {
  return `Bearer scope="${scopes.join(' ')}" error="${error}" error_description="${description}"`;
}

function reason(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === 'iss'
      ? 'the token does not have a valid issuer'
      : `the token's ${error.claim} claim is not valid`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the token signature is not valid';
  return 'the token is malformed';
}
