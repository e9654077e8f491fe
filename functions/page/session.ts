import { OidcClient, WebStorageStateStore } from 'oidc-client-ts';
import type { Settings } from './settings.ts';

/** A signed-in user. Kept in sessionStorage: it ends with the tab, and no other tab or site reads it. */
export interface Session {
  user: string;
  accessToken: string;
  idToken: string | undefined;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Signing in failed, in the issuer's own words. */
class SignInFailed extends Error {
  override name = 'SignInFailed';
}

const KEY = 'session';

const client = (settings: Settings): OidcClient =>
  new OidcClient({
    authority: settings.issuer,
    client_id: settings.clientId,
    scope: settings.scope,
    redirect_uri: `${location.origin}/`,
    post_logout_redirect_uri: `${location.origin}/`,
    // Auth0's word for it; others ignore what they do not know (RFC 6749, 3.1).
    extraQueryParams: { audience: settings.audience },
    metadataUrl: settings.discoveryUrl,
    ...(settings.metadata && { metadata: settings.metadata }),
    // In this tab, like the session itself.
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
  });

/** Leaves for the issuer, and comes back to the same address. */
export async function signIn(settings: Settings): Promise<void> {
  const address = location.search;
  const { url } = await client(settings).createSigninRequest({ state: { address } });
  location.assign(url);
}

/** Whether the issuer has sent somebody back here. */
export const isReturn = (search: string): boolean => {
  const query = new URLSearchParams(search);
  return query.has('state') && (query.has('code') || query.has('error'));
};

/**
 * Takes what the issuer sent along, and puts the address back that was there before.
 *
 * @throws SignInFailed
 */
export async function completeSignIn(settings: Settings): Promise<Session> {
  const returned = location.href;
  try {
    const answer = await client(settings).processSigninResponse(returned);
    const { address = '' } = (answer.userState ?? {}) as { address?: string };
    history.replaceState(null, '', `${location.pathname}${address}`);
    const session: Session = {
      user: answer.profile?.sub ?? '',
      accessToken: answer.access_token,
      idToken: answer.id_token,
      expiresAt: (answer.expires_at ?? Number.POSITIVE_INFINITY) * 1000,
    };
    sessionStorage.setItem(KEY, JSON.stringify(session));
    return session;
  } catch (cause) {
    history.replaceState(null, '', location.pathname);
    throw new SignInFailed((cause as Error).message, { cause });
  }
}

/** Who is signed in in this tab; also one whose time is over. */
export function storedSession(): Session | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

export const isOver = ({ expiresAt }: Session, now = Date.now()): boolean => expiresAt <= now;

/** Forgets the session here and, where the issuer offers that, there. */
export async function signOut(settings: Settings, { idToken }: Session): Promise<void> {
  sessionStorage.removeItem(KEY);
  const request = await client(settings)
    .createSignoutRequest({
      client_id: settings.clientId,
      ...(idToken !== undefined && { id_token_hint: idToken }),
      // Amazon Cognito's word for where to go back to: https://docs.aws.amazon.com/cognito/latest/developerguide/logout-endpoint.html
      extraQueryParams: { logout_uri: `${location.origin}/` },
    })
    .catch(() => undefined);
  location.assign(request?.url ?? '/');
}
