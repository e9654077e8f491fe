import type { Discovered } from '../platform/discovery.ts';

/** The settings that the function puts into the page: a JSON block in the document. */
export interface Settings {
  /** As the tokens' `iss` says it. */
  issuer: string;
  clientId: string;
  scope: string;
  /** The audience of access tokens, for issuers that require it in the request. */
  audience: string;
  /** Where the issuer's endpoints are; null when the function could not find out, and the page has to ask. */
  metadata: Discovered | null;
  /** Where the issuer describes itself. */
  discoveryUrl: string;
}

/** Where the settings go in the document: the content of a script element that is data, and runs nothing. */
export const PLACE = '"__SETTINGS__"';
