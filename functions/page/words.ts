import type { Version } from './api.ts';
import type { Refused } from './refused.ts';

/** Every reason the API gives for what cannot be done. */
export type Reason = NonNullable<Version['reasons'][keyof Version['reasons']]>;

/** Why a button is off. */
export const REASONS: Record<Reason, string> = {
  deleted: 'It is deleted: restore it first.',
  not_deployed: 'It is not deployed: only what has been built and deployed can go live.',
  artifact_missing: 'No build output is stored for this version. Build it again.',
  already_published: 'It is what visitors see now.',
  not_published: 'It is not published.',
  published: 'It is what visitors see now: publish another one, or unpublish it first.',
};

/** Explains a rejected change, by the reason of the 409. */
const CONFLICTS: Record<string, string> = {
  ...REASONS,
  already_published: 'It has been published meanwhile.',
  published: 'It has been published meanwhile.',
  deleted: 'It has been deleted meanwhile.',
};

/** What went wrong with a request, for its author. */
export function failureWords({ status, reason, message }: Refused): string {
  if (status === 0) return 'Could not reach the server. Check your connection.';
  if (status === 401 || status === 403) return 'You are not signed in any more.';
  if (status === 404) return 'There is no such version any more.';
  if (status === 409) return CONFLICTS[reason ?? ''] ?? message;
  if (status === 429) return 'Too many requests. Wait a moment.';
  if (status >= 500) return 'The service cannot answer now.';
  return message || 'The service did not understand that.';
}

export const TYPE_WORDS: Record<NonNullable<Version['type']>, string> = {
  major: 'Major',
  minor: 'Minor',
  patch: 'Patch',
  rollback: 'Rollback',
};

export const RISK_WORDS: Record<string, string> = {
  none: 'No risk',
  low: 'Low risk',
  medium: 'Medium risk',
  high: 'High risk',
};

/** What to call a version in a sentence. */
export const called = ({ semver, name }: Pick<Version, 'semver' | 'name'>): string =>
  semver === null ? (name === null ? 'the version without a number' : `“${name}”`) : `version ${semver}`;

/** How something that was on its way has turned out. */
export function arrivedWords({ semver, name, status, metadataStatus }: Version): string {
  if (status === 'failed') return 'A build has failed: nothing was deployed.';
  const version = capitalised(called({ semver, name }));
  return metadataStatus === 'failed' ? `${version} could not be described.` : `${version} is ready.`;
}

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const number = new Intl.NumberFormat('en');

/** `1 version`, `1,200 versions` */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number.format(count)} ${count === 1 ? one : many}`;

export const grouped = (count: number): string => number.format(count);
