/** Which versions of a project are shown. */
export interface Filters {
  publication: 'all' | 'published' | 'unpublished';
  type: 'major' | 'minor' | 'patch' | 'rollback' | null;
  status: 'building' | 'deployed' | 'failed' | null;
  /** Looked for in name and description; at most 100 characters. */
  text: string;
  checkpoints: boolean;
  deleted: boolean;
}

/** What the address bar says: everything a person would want to come back to, or to send to somebody. */
export interface Address {
  project: string | null;
  filters: Filters;
  /** Ids of two versions, side by side. */
  compare: readonly [string, string] | null;
}

/** What is shown to who has asked for nothing. */
export const NO_FILTERS: Filters = {
  publication: 'all',
  type: null,
  status: null,
  text: '',
  checkpoints: false,
  deleted: false,
};

export const PUBLICATIONS = ['all', 'published', 'unpublished'] as const;
export const TYPES = ['major', 'minor', 'patch', 'rollback'] as const;
export const STATUSES = ['building', 'deployed', 'failed'] as const;

// What the API takes as `q`.
const LONGEST_TEXT = 100;

const oneOf = <Word extends string>(words: readonly Word[], value: string | null): Word | null =>
  words.find((word) => word === value) ?? null;

/**
 * Reads a query string. What it does not understand counts as not said: an old link still shows the project. No name here is one that an
 * issuer sends back (`code`, `state`, `error`).
 */
export function readAddress(search: string): Address {
  const query = new URLSearchParams(search);
  const [first, second] = query.getAll('compare');
  return {
    project: query.get('project') || null,
    filters: {
      publication: oneOf(PUBLICATIONS, query.get('publication')) ?? 'all',
      type: oneOf(TYPES, query.get('type')),
      status: oneOf(STATUSES, query.get('status')),
      text: (query.get('text') ?? '').slice(0, LONGEST_TEXT).toWellFormed(),
      checkpoints: query.has('checkpoints'),
      deleted: query.has('deleted'),
    },
    compare: first && second && first !== second ? [first, second] : null,
  };
}

/** The query string of an address, with its `?`; the shortest that `readAddress` reads back. */
export function writeAddress({ project, filters, compare }: Address): string {
  const query = new URLSearchParams();
  if (project) query.set('project', project);
  const { publication, type, status, text, checkpoints, deleted } = filters;
  if (publication !== 'all') query.set('publication', publication);
  if (type) query.set('type', type);
  if (status) query.set('status', status);
  if (text) query.set('text', text);
  if (checkpoints) query.set('checkpoints', '');
  if (deleted) query.set('deleted', '');
  for (const id of compare ?? []) query.append('compare', id);
  const written = query.toString().replace(/=(?=&|$)/g, '');
  return written === '' ? '' : `?${written}`;
}
