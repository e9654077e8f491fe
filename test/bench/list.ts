/**
 * What listing and publishing cost through the whole local stack, against the least any request could cost and against other
 * ways to write the same list. Everything is timed in turn in one run, so that the ratios hold on a machine whose speed drifts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RDSData } from '@aws-sdk/client-rds-data';
import { LOCAL_USER } from '../../infra/local/endpoints.ts';
import { ADMINISTRATOR } from '../../infra/local/permissions/credentials.ts';
import { startLocalStack } from '../../infra/local/stack.ts';
import { synthesize } from '../../infra/synthesize.ts';
import { openApi } from './api.ts';
import { drizzleList } from './drizzle-list.ts';
import { kyselyList } from './kysely-list.ts';
import { openDataApi } from './plain-statements.ts';
import { printReport, report } from './report.ts';
import { busyProject, seed, VERSIONS } from './seed.ts';
import { timeInTurn, type Work } from './time-in-turn.ts';

/** Times `requests` of each, and prints a table or one JSON document. */
export async function benchList(requests: number, json: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'project-versions-bench-'));
  const context = { jwtIssuer: 'https://issuer.project-versions.localhost', jwtAudience: 'project-versions' };
  const assembly = synthesize({ outdir: join(folder, 'cdk.out'), checks: false, context });
  const stack = await startLocalStack({
    assembly: assembly.then(({ directory }) => directory),
    dataDir: join(folder, 'data'),
  });
  try {
    await seed(stack, LOCAL_USER);
    const { dataApi: endpoint, region } = stack.endpoints;
    const client = new RDSData({ endpoint, region, credentials: ADMINISTRATOR });
    const api = openApi(stack.endpoints);
    const dataApi = openDataApi(stack.endpoints);
    const cursor = await api.cursorAfter(40_000);
    const work: Record<string, Work> = {
      'bare SDK call, select 1': () => dataApi.select1(),
      'list: first page and total': () => api.list('limit=20'),
      'list: page after 40,000, cursor': () => api.list(`limit=20&cursor=${cursor}`),
      'list: page after 40,000, offset, total': () => api.list('limit=20&offset=40000'),
      ...((await api.canPublish()) ? { 'publish: another version': () => api.publishNext() } : {}),
      'statement alone: first page and total': () => dataApi.list(LOCAL_USER, null),
      'statement alone: page after a cursor': () => dataApi.list(LOCAL_USER, 1_000_000),
      'plan: SELECT *, COUNT(*), first page': () => dataApi.planPair(0),
      'plan: SELECT *, COUNT(*), offset 40,000': () => dataApi.planPair(40_000),
      'old: two-table JOIN, COUNT, first page': () => dataApi.oldJoin(0),
      'drizzle-orm: first page and total': drizzleList(client, stack.endpoints, busyProject, LOCAL_USER),
      'kysely: first page and total': kyselyList(client, stack.endpoints, busyProject, LOCAL_USER),
    };
    const figures = report(await timeInTurn(work, requests));
    if (json) console.log(JSON.stringify({ requests, versions: VERSIONS, figures }, null, 2));
    else printReport(figures, requests);
    dataApi.close();
    client.destroy();
  } finally {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
