import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type Provider from 'oidc-provider';
import { refuseForeign } from '../foreign-request.ts';
import { close, listen } from '../listen.ts';
import type { LocalIssuer } from './issuer.ts';
import { errorPage, signInPage } from './pages.ts';
import type { Registration } from './provider.ts';

/** The local issuer on the network. */
export interface IssuerServer {
  url: string;
  close(): Promise<void>;
}

/** Where the discovery document of an issuer is: OpenID Connect Discovery 1.0, 4. */
export const discoveryUrl = (issuer: string): string => `${issuer}/.well-known/openid-configuration`;

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;

/**
 * Serves the local issuer on 127.0.0.1. What speaks OpenID Connect is loaded when it is first asked for (0.3 s), so that a start does not wait for it;
 * `registration` is asked for then too, when the stack is deployed.
 *
 * @param suggestion the name that the form suggests
 */
export async function serveIssuer(
  issuer: LocalIssuer,
  port: number,
  registration: () => Registration,
  suggestion: string,
): Promise<IssuerServer> {
  let loaded: Promise<Handler> | undefined;
  const server = createServer((request, response) => {
    if (refuseForeign(request, response, true)) return;
    loaded ??= load(issuer, registration(), suggestion);
    loaded
      .then((handle) => handle(request, response))
      .catch(() => {
        if (!response.headersSent) answer(response, 500, errorPage('The issuer of this machine failed.'));
      });
  });
  return { url: await listen(server, port), close: () => close(server) };
}

async function load(issuer: LocalIssuer, registration: Registration, suggestion: string): Promise<Handler> {
  const { openIdProvider, SIGN_IN_PATH } = await import('./provider.ts');
  const provider = openIdProvider(issuer, registration);
  const protocol = provider.callback();
  return (request, response) =>
    request.url?.startsWith(SIGN_IN_PATH)
      ? signIn(provider, request, response, suggestion)
      : protocol(request, response);
}

/** The form, and what was typed into it. A form that is too old, or of another browser, says so. */
async function signIn(provider: Provider, request: IncomingMessage, response: ServerResponse, suggestion: string) {
  const interaction = await provider.interactionDetails(request, response).catch(() => undefined);
  if (!interaction) return answer(response, 400, errorPage('This sign-in is over: it was left open for too long.'));
  const user = request.method === 'POST' ? new URLSearchParams(await text(request)).get('user')?.trim() : '';
  if (!user) return answer(response, 200, signInPage(request.url ?? '', suggestion));
  return provider.interactionFinished(request, response, { login: { accountId: user } });
}

function answer(response: ServerResponse, status: number, page: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(page);
}
