import { OutOfTime, tookTooLong } from '../migrations/failure.ts';
import type { Database } from '../platform/database.ts';
import type { Catalog } from './catalog.ts';
import { type Finding, Findings } from './finding.ts';
import { checkProjects } from './projects.ts';
import { readOnly } from './read-only.ts';
import { checkRecommendations } from './recommendations.ts';
import { compareSchema } from './schema.ts';
import { readState, type State } from './state.ts';

/** What was checked and what was found. */
export interface Integrity {
  findings: Findings;
  /** The state of the migrations; undefined in between. */
  state: string | undefined;
  /** The number of versions checked. */
  versions: number;
  /** Parts that were not checked, with the reason. Empty if everything was. */
  notLookedAt: string[];
}

export interface CheckOptions {
  database: Database;
  catalog: Catalog;
  /** No page is begun after it (epoch ms). */
  until?: number;
  /** Called with the number of versions just checked. */
  onPage?: (versions: number) => void;
}

const UNDER_WAY = 'the migrations are under way: npm run migrate -- status';

/**
 * Compares what a database holds, and how it is made, with what this system promises; changes nothing. In pages, each a short transaction that can only
 * read, so that nobody waits for it. What the migrations do not yet or no longer promise in the state they are in is not asked for.
 */
export async function checkIntegrity(options: CheckOptions): Promise<Integrity> {
  const { database, catalog, until = Number.POSITIVE_INFINITY } = options;
  const integrity: Integrity = { findings: new Findings(), state: undefined, versions: 0, notLookedAt: [] };
  const { state, schema } = await lookAtSchema(database, catalog);
  integrity.state = state.name;
  if (state.name === undefined) return { ...integrity, notLookedAt: [`anything; ${UNDER_WAY}`] };
  if (typeof schema === 'string') integrity.notLookedAt.push(`the schema; ${schema}`);
  else integrity.findings.add('schema', schema);

  const pages = [() => lookAtRecommendations(options, integrity)];
  // The old system has taken over again, and decides in its own table.
  if (state.name !== 'rolled back') pages.push(() => lookAtProjects(options, integrity, state));
  for (const look of pages) {
    try {
      if (await look()) continue;
      const end = new Date(until).toISOString();
      integrity.notLookedAt.push(`all versions; there was time for ${integrity.versions} until ${end}`);
    } catch (error) {
      // Findings so far are reported anyway.
      if (!(error instanceof OutOfTime) && !tookTooLong(error)) throw error;
      integrity.notLookedAt.push(`all versions; after ${integrity.versions} the database did not answer in time`);
    }
  }
  return integrity;
}

/** At one moment between two looks at the ledger: a migration in between would look like damage. */
async function lookAtSchema(
  database: Database,
  catalog: Catalog,
): Promise<{ state: State; schema: Finding[] | string }> {
  return readOnly(database, async (transaction) => {
    const state = await readState(transaction, catalog);
    if (state.name === undefined) return { state, schema: UNDER_WAY };
    if (state.ahead) return { state, schema: 'the database is ahead of this code' };
    const schema = await compareSchema(transaction, catalog, state);
    const after = await readState(transaction, catalog);
    return { state, schema: after.ledger === state.ledger ? schema : UNDER_WAY };
  });
}

/** @returns whether there was time for all of them */
async function lookAtRecommendations(
  { database, until = Number.POSITIVE_INFINITY }: CheckOptions,
  { findings }: Integrity,
): Promise<boolean> {
  for (let after: string | null = ''; after !== null; ) {
    if (Date.now() >= until) return false;
    const page: Awaited<ReturnType<typeof checkRecommendations>> = await checkRecommendations(database, after);
    findings.add('orphaned_recommendations', page.findings, page.count);
    after = page.after;
  }
  return true;
}

/** @returns whether there was time for all of them */
async function lookAtProjects(
  { database, until = Number.POSITIVE_INFINITY, onPage }: CheckOptions,
  integrity: Integrity,
  state: State,
): Promise<boolean> {
  for (let after: string | null = ''; after !== null; ) {
    if (Date.now() >= until) return false;
    const page: Awaited<ReturnType<typeof checkProjects>> = await checkProjects(database, after, state);
    for (const { kind, findings, count } of page.found) integrity.findings.add(kind, findings, count);
    integrity.versions += page.versions;
    onPage?.(page.versions);
    after = page.after;
  }
  return true;
}
