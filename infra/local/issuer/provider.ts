import Provider, { type Configuration } from 'oidc-provider';
// @ts-expect-error The package has the adapter and no types for it; left to itself it warns on every start that it is used.
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';
import type { LocalIssuer } from './issuer.ts';
import { errorPage, signOutPage } from './pages.ts';

/** What the issuer signs tokens for, and who may ask. */
export interface Registration {
  /** As the tokens' `iss` says it, wherever the issuer is served. */
  issuer: string;
  /** Of access tokens. */
  audience: string;
  /** Ids of public clients. */
  clients: string[];
  /** The addresses of the pages that people come from and go back to. */
  pages: string[];
}

/** Where the sign-in form of an interaction is. */
export const SIGN_IN_PATH = '/sign-in/';

const ONE_HOUR = 3_600;
const TEN_MINUTES = 600;
// A resource is named by a URI (RFC 8707); the tokens' audience is what the template says.
const RESOURCE = 'urn:project-versions:api';

/**
 * OpenID Connect with the authorization code flow and PKCE, as the page needs it: discovery, keys, sign-in, tokens, sign-out. Access tokens are
 * signed by the local issuer's own key, so that the gateway takes them like those of `npm run token`. It forgets sessions when it ends.
 */
export function openIdProvider(keys: LocalIssuer, { issuer, audience, clients, pages }: Registration): Provider {
  const configuration: Configuration = {
    adapter: createMemoryAdapter(),
    jwks: { keys: [keys.signingKey] },
    clients: clients.map((clientId) => ({
      client_id: clientId,
      token_endpoint_auth_method: 'none',
      redirect_uris: pages,
      post_logout_redirect_uris: pages,
    })),
    clientBasedCORS: (_, origin) => pages.some((page) => new URL(page).origin === origin),
    // Whoever types a name is that user: there is nothing here to keep from anyone who can reach 127.0.0.1.
    findAccount: (_, subject) => ({ accountId: subject, claims: () => ({ sub: subject }) }),
    // Who signs in has agreed.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client?.clientId, accountId: oidc.session?.accountId });
      grant.addOIDCScope('openid profile email');
      grant.addResourceScope(RESOURCE, '');
      await grant.save();
      return grant;
    },
    interactions: { url: (_, interaction) => `${SIGN_IN_PATH}${interaction.uid}` },
    pkce: { required: () => true },
    ttl: {
      AccessToken: ONE_HOUR,
      IdToken: ONE_HOUR,
      AuthorizationCode: 60,
      Interaction: TEN_MINUTES,
      Session: 14 * 24 * ONE_HOUR,
      Grant: 14 * 24 * ONE_HOUR,
    },
    cookies: { keys: [keys.cookieKey] },
    renderError: (context, { error, error_description: description }) => {
      context.type = 'html';
      context.body = errorPage(description ?? error);
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = signOutPage(form);
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: '',
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: ONE_HOUR,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
  return new Provider(issuer, configuration);
}
