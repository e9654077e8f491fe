import { PLACE, type Settings } from './page/settings.ts';
import { correlatedAnswer } from './platform/correlated-answer.ts';
import { type Discovered, discover, discoveryUrlOf } from './platform/discovery.ts';
import { optional, required } from './platform/env.ts';
import { log } from './platform/log.ts';
import { answerPage, type Page, settledPage } from './platform/page.ts';

const issuer = required('SIGN_IN_ISSUER');
const discoveryUrl = optional('SIGN_IN_DISCOVERY_URL') ?? discoveryUrlOf(issuer);

/** GET /: the version history page. It is read once what it needs of the issuer is known. */
export const handler = correlatedAnswer(async (request) => answerPage(await current(), request));

let settled: Page | undefined;

/** An issuer that fails is not asked again at once: every visitor would wait for it. */
const FAILURE_MS = 10_000;
let failedAt = 0;

/** The page with what it needs to sign users in. As long as the issuer cannot be asked here, the page asks it itself. */
async function current(): Promise<Page> {
  if (settled) return settled;
  if (Date.now() - failedAt < FAILURE_MS) return { ...pageWith(null), maxAgeSeconds: 0 };
  const metadata = await discover(issuer, discoveryUrl).catch((error: Error) => {
    failedAt = Date.now();
    log.warn('the issuer was not discovered', { discoveryUrl, reason: error.message });
    return null;
  });
  if (!metadata) return { ...pageWith(null), maxAgeSeconds: 0 };
  settled = pageWith(metadata);
  return settled;
}

function pageWith(metadata: Discovered | null): Page {
  const settings: Settings = {
    issuer,
    clientId: required('SIGN_IN_CLIENT_ID'),
    scope: required('SIGN_IN_SCOPE'),
    audience: required('SIGN_IN_AUDIENCE'),
    metadata,
    discoveryUrl,
  };
  // The page calls the API, and the issuer for discovery and tokens.
  return settledPage('page', PLACE, settings, [metadata?.token_endpoint ?? discoveryUrl]);
}
