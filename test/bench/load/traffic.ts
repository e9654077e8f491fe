import type { Request } from 'autocannon';
import { Random } from '../../support/simulation/random.ts';
import { projectsOf } from './history.ts';

/** How many of a hundred requests are which. */
export const MIX = { 'first page': 70, 'page after a cursor': 10, 'one version': 15, publish: 5 } as const;

/** A project as its front end knows it. */
interface Known {
  path: string;
  authorization: string;
  cursors: string[];
  versions: string[];
  publishable: string[];
}

interface Page {
  versions: { id: string; canPublish: boolean }[];
  nextCursor: string | null;
}

/** Pages to go on from, in a project that has as many. */
const PAGES = 3;

/** Walks the first pages of every project, as its users have, so that what is asked for later exists. */
export async function exploreProjects(api: string, tokens: Record<string, string>): Promise<Known[]> {
  const projects = Object.entries(tokens).flatMap(([user, token]) =>
    projectsOf(user).map((project) => ({ path: `/projects/${project}/versions`, authorization: `Bearer ${token}` })),
  );
  return Promise.all(projects.map((project) => explore(api, project)));
}

async function explore(api: string, { path, authorization }: Pick<Known, 'path' | 'authorization'>): Promise<Known> {
  const known: Known = { path, authorization, cursors: [], versions: [], publishable: [] };
  for (let page = 0, query = ''; page < PAGES; page += 1) {
    const response = await fetch(`${api}${path}${query}`, { headers: { authorization } });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    const { versions, nextCursor } = (await response.json()) as Page;
    known.versions.push(...versions.map(({ id }) => id));
    known.publishable.push(...versions.filter(({ canPublish }) => canPublish).map(({ id }) => id));
    if (nextCursor === null) break;
    query = `?cursor=${nextCursor}`;
    known.cursors.push(query);
  }
  return known;
}

/** What one front end asks for, again and again: requests of the mix, in an order of its own that its number repeats. */
export function requestsOf(projects: Known[], client: number): Request[] {
  const random = new Random(client + 1);
  const kinds = Object.entries(MIX).flatMap(([kind, of]) => Array.from({ length: of }, () => kind as keyof typeof MIX));
  return random.shuffled(kinds).map((kind) => requestOf(kind, random.pick(projects), random));
}

function requestOf(kind: keyof typeof MIX, { path, authorization, ...known }: Known, random: Random): Request {
  const headers = { authorization };
  if (kind === 'one version') return { method: 'GET', path: `${path}/${random.pick(known.versions)}`, headers };
  if (kind === 'publish')
    return {
      method: 'POST',
      path: `${path}/${random.pick(known.publishable)}/publish`,
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{}',
    };
  // The smallest projects have one page.
  const cursor = kind === 'page after a cursor' && known.cursors.length > 0 ? random.pick(known.cursors) : '';
  return { method: 'GET', path: `${path}${cursor}`, headers };
}
