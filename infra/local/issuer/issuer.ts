import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { StateFile } from '../state-file.ts';

export interface TokenRequest {
  subject: string;
  issuer: string;
  /** Left out: a token without `aud`, as access tokens of Cognito are. */
  audience?: string;
  /** Seconds from now; negative for one that is over. Default one day. */
  expiresIn?: number;
  /** Seconds from now from which on it holds. */
  notBefore?: number;
  claims?: Record<string, unknown>;
}

// HTTP APIs verify RSA signatures only: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
export const ALGORITHM = 'RS256';
const ONE_DAY = 86_400;

/** The issuer the local gateway trusts: a key pair, kept in the data folder so that tokens outlive a restart. */
export class LocalIssuer {
  readonly publicKey: CryptoKey;
  readonly #privateKey: CryptoKey;
  /** The private key, with its id. */
  readonly signingKey: JWK & { kid: string };

  private constructor(publicKey: CryptoKey, privateKey: CryptoKey, signingKey: JWK & { kid: string }) {
    this.publicKey = publicKey;
    this.#privateKey = privateKey;
    this.signingKey = signingKey;
  }

  static async open(dataDir: string): Promise<LocalIssuer> {
    const file = new StateFile<{ key?: JWK }>(join(dataDir, 'issuer.json'), {});
    let { key } = file.read();
    if (key === undefined) {
      const pair = await generateKeyPair(ALGORITHM, { extractable: true });
      key = await exportJWK(pair.privateKey);
      file.write({ key });
    }
    const { kty, n, e } = key as JWK & { kty: 'RSA'; n: string; e: string };
    const [publicKey, privateKey] = await Promise.all([importJWK({ kty, n, e }, ALGORITHM), importJWK(key, ALGORITHM)]);
    const kid = await calculateJwkThumbprint({ kty, n, e });
    return new LocalIssuer(publicKey as CryptoKey, privateKey as CryptoKey, {
      ...key,
      kid,
      alg: ALGORITHM,
      use: 'sig',
    });
  }

  /** Signs cookies: as secret as the key it is made of. */
  get cookieKey(): string {
    return createHash('sha256').update(`cookies ${this.signingKey.d}`).digest('base64url');
  }

  /** A signed token, as a front end would bring it. */
  mintToken(request: TokenRequest): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const token = new SignJWT(request.claims ?? {})
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid: this.signingKey.kid })
      .setSubject(request.subject)
      .setIssuer(request.issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + (request.expiresIn ?? ONE_DAY));
    if (request.audience !== undefined) token.setAudience(request.audience);
    if (request.notBefore !== undefined) token.setNotBefore(now + request.notBefore);
    return token.sign(this.#privateKey);
  }
}
