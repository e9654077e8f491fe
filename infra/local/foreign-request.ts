import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** Names of this machine, as a Host header has them. Any other one is a web page's whose name was made to point here (DNS rebinding). */
const THIS_MACHINE = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i;

/**
 * Why a request to a server of the local stack is refused: it was not sent to this machine by name, or a web page sent it to a server that
 * serves none. A page reaches every port of the machine its browser runs on, and needs no answer to do harm.
 *
 * @param forPages the server's own clients are web pages: the API, and the issuer's forms.
 */
export function foreignness(headers: IncomingHttpHeaders, forPages: boolean): string | undefined {
  if (!THIS_MACHINE.test(headers.host ?? '')) return 'The Host header must name this machine: 127.0.0.1 or localhost.';
  const fromPage = headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
  return fromPage && !forPages ? 'Web pages may not call this port.' : undefined;
}

/** Answers a foreign request with 403. @returns whether it was one. */
export function refuseForeign(request: IncomingMessage, response: ServerResponse, forPages = false): boolean {
  const reason = foreignness(request.headers, forPages);
  if (reason === undefined) return false;
  request.resume();
  response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ message: reason }));
  return true;
}
