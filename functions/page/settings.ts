import type { Discovered } from '../platform/discovery.ts';

/** What the page is told by the function that serves it: a JSON block in the document. */
export interface Settings {
  /** As the tokens' `iss` says it. */
  issuer: string;
  clientId: string;
  scope: string;
  /** Of access tokens, for issuers that want to be told. */
  audience: string;
  /** Where the issuer's endpoints are; null when the function could not find out, and the page has to ask. */
  metadata: Discovered | null;
  /** Where the issuer describes itself. */
  discoveryUrl: string;
}

/** Where the settings go in the document: the content of a script element that is data, and runs nothing. */
export const PLACE = '"__SETTINGS__"';
