import type { RDSData } from '@aws-sdk/client-rds-data';
import { type Endpoints, LOCAL_USER } from '../../infra/local/endpoints.ts';
import { drizzleList } from './drizzle-list.ts';
import { kyselyList } from './kysely-list.ts';
import { openDataApi } from './plain-statements.ts';
import type { Work } from './time-in-turn.ts';

export const OURS = 'ours';
export const BY_OFFSET = 'ours, by offset';

/**
 * The page of twenty that begins after `depth` versions of a project, in each way there is. By offset and with the total, as pages with numbers are; `ours` is by
 * cursor and has a total on the first page alone, as the API's clients get it.
 */
export async function waysToList(
  client: RDSData,
  endpoints: Endpoints,
  project: string,
  depth: number,
): Promise<Record<string, Work>> {
  const dataApi = openDataApi(client, endpoints);
  const after = depth === 0 ? null : await dataApi.keyAfter(project, depth);
  return {
    'old: JOIN and COUNT': () => dataApi.oldJoin(project, depth),
    'plan: SELECT * and COUNT': () => dataApi.planPair(project, depth),
    'drizzle-orm': drizzleList(client, endpoints, project, LOCAL_USER, depth),
    kysely: kyselyList(client, endpoints, project, LOCAL_USER, depth),
    [BY_OFFSET]: () => dataApi.list(project, { offset: depth, withTotal: true }),
    [OURS]: () => dataApi.list(project, { after, withTotal: after === null }),
  };
}
