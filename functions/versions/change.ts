import { Conflict, KeyReused, NotFound } from '../platform/errors.ts';
import type { ChangeDocument, Refusal } from './change-queries.ts';
import { toVersion, type Version } from './version.ts';

/** A version after a change; `replayed` when an earlier request with the same idempotency key made it. */
export interface Changed {
  version: Version;
  replayed: boolean;
}

/** The one answer for a version that does not exist, is another project's or another user's. */
export const noSuchVersion = () => new NotFound('There is no such version in this project.');

const explanations: Record<Refusal, string> = {
  deleted: 'The version is deleted: restore it first.',
  not_deployed: 'The version is not deployed: only what has been built and deployed can go live.',
  artifact_missing: 'The version has no artifact any more: build it again.',
  published: 'The version is the published one.',
  published_elsewhere: 'Another version is published: look at publishedVersionId and decide again.',
};

/**
 * Makes what the database answered the version, or an error.
 *
 * @throws NotFound, KeyReused or Conflict with the reason
 */
export function changed({ outcome, version, replayed = false, published_version_id }: ChangeDocument): Changed {
  if (version) return { version: toVersion(version), replayed };
  if (outcome === 'not_found') throw noSuchVersion();
  if (outcome === 'key_reused') throw new KeyReused();
  if (!(outcome in explanations)) throw new TypeError(`the database answered ${outcome} without a version`);
  const refusal = outcome as Refusal;
  const members = refusal === 'published_elsewhere' ? { publishedVersionId: published_version_id ?? null } : {};
  throw new Conflict(refusal, explanations[refusal], members);
}
