/** Where an issuer's endpoints are, by the names of OpenID Connect Discovery. */
export interface Discovered {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  end_session_endpoint?: string;
}

/** An issuer did not say where its endpoints are, or said something else. */
class DiscoveryFailed extends Error {
  override name = 'DiscoveryFailed';
}

// Who waits for it is a person with an empty window; a function has 5 s.
const LIMIT_MS = 2_000;

/** Where the discovery document of an issuer is: OpenID Connect Discovery 1.0, 4. */
export const discoveryUrlOf = (issuer: string): string =>
  `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/**
 * Reads an issuer's discovery document, in at most 2 s. Token endpoints may be on another origin than the issuer: Amazon Cognito's are.
 *
 * @throws when it does not come, is of another issuer (which 4.3 of the specification forbids to trust) or lacks an endpoint
 */
export async function discover(issuer: string, url: string): Promise<Discovered> {
  const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS), redirect: 'error' });
  if (!response.ok) throw new DiscoveryFailed(`${url} answered ${response.status}`);
  const document = (await response.json()) as Record<string, unknown>;
  if (document.issuer !== issuer) throw new DiscoveryFailed(`${url} is not of the issuer ${issuer}`);
  const endSession = document.end_session_endpoint;
  return {
    issuer,
    authorization_endpoint: address(document, 'authorization_endpoint'),
    token_endpoint: address(document, 'token_endpoint'),
    ...(endSession !== undefined && { end_session_endpoint: address(document, 'end_session_endpoint') }),
  };
}

function address(document: Record<string, unknown>, name: string): string {
  const value = document[name];
  if (typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value)) return value;
  throw new DiscoveryFailed(`the discovery document has no usable ${name}`);
}
