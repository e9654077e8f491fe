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
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { LOCAL_JWT } from '../../infra/local/synthesize-app.ts';
import { synthesize } from '../../infra/synthesize.ts';
import { openApi } from './api.ts';
import { openDataApi } from './plain-statements.ts';
import { type Sample, sampleOf } from './sample.ts';
import { busyProject, projectOf, SIZES, seed, VERSIONS } from './seed.ts';
import { timeInTurn, type Work } from './time-in-turn.ts';
import { BY_OFFSET, waysToList } from './ways-to-list.ts';

/** How many versions lie before the page. */
const DEPTHS = [0, 100, 1_000, 10_000, 40_000] as const;

/** `toBareCall`: how many bare SDK calls it takes as long as, by the medians. */
export interface Timed {
  ms: Sample;
  toBareCall: number;
}

/** One way to list: `at` is a depth, or a size of the project. */
export interface Listed extends Timed {
  way: string;
  at: number;
}

export interface ListFigures {
  turns: number;
  /** The server's version. */
  postgres: string;
  /** In the project that is paged through; about half of them are in the view. */
  versions: number;
  bareCall: Sample;
  /** Through gateway, function and Data API, by what is done. */
  through: Record<string, Timed>;
  /** Pages of twenty after so many versions. The database calls alone. */
  byDepth: Listed[];
  /** First pages of projects of such sizes, with their totals. The database calls alone. */
  bySize: Listed[];
}

/** Times `turns` of each. */
export async function measureList(turns: number): Promise<ListFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'project-versions-bench-'));
  const assembly = synthesize({ outdir: join(folder, 'cdk.out'), checks: false, context: LOCAL_JWT });
  const stack = await startLocalStack({
    assembly: assembly.then(({ directory }) => directory),
    dataDir: join(folder, 'data'),
  });
  const { dataApi: endpoint, region } = stack.endpoints;
  const client = new RDSData({ endpoint, region, credentials: ADMINISTRATOR });
  try {
    await seed(stack, LOCAL_USER);
    return await measure(stack, client, turns);
  } finally {
    client.destroy();
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const BARE = 'bare SDK call, select 1';

async function measure(stack: LocalStack, client: RDSData, turns: number): Promise<ListFigures> {
  const dataApi = openDataApi(client, stack.endpoints);
  const through = await throughTheStack(stack);
  const places: Place[] = [];
  for (const depth of DEPTHS) {
    const ways = await waysToList(client, stack.endpoints, busyProject, depth);
    for (const [way, run] of Object.entries(ways)) places.push({ way, size: VERSIONS, depth, run });
  }
  // Of the largest project the first page is among them.
  for (const size of SIZES.filter((each) => each !== VERSIONS)) {
    const ways = await waysToList(client, stack.endpoints, projectOf(size), 0);
    for (const [way, run] of Object.entries(ways)) if (way !== BY_OFFSET) places.push({ way, size, depth: 0, run });
  }
  const work = Object.fromEntries(places.map((place) => [nameOf(place), place.run]));
  const times = await timeInTurn('lists', { [BARE]: () => dataApi.select1(), ...through, ...work }, turns);

  const bareCall = sampleOf(times.get(BARE) ?? []);
  const timed = (name: string): Timed => {
    const ms = sampleOf(times.get(name) ?? []);
    return { ms, toBareCall: ms.p50 / bareCall.p50 };
  };
  const listed = (key: 'depth' | 'size', which: (place: Place) => boolean): Listed[] =>
    places.filter(which).map((place) => ({ way: place.way, at: place[key], ...timed(nameOf(place)) }));
  return {
    turns,
    postgres: await dataApi.version(),
    versions: VERSIONS,
    bareCall,
    through: Object.fromEntries(Object.keys(through).map((name) => [name, timed(name)])),
    byDepth: listed('depth', ({ size }) => size === VERSIONS),
    bySize: listed('size', ({ way, depth }) => depth === 0 && way !== BY_OFFSET).toSorted(
      (one, other) => one.at - other.at,
    ),
  };
}

async function throughTheStack({ endpoints }: LocalStack): Promise<Record<string, Work>> {
  const api = openApi(endpoints);
  const cursor = await api.cursorAfter(40_000);
  return {
    'list: first page and total': () => api.list('limit=20'),
    'list: page after 40,000, cursor': () => api.list(`limit=20&cursor=${cursor}`),
    'list: page after 40,000, offset, total': () => api.list('limit=20&offset=40000'),
    'publish: another version': () => api.publishNext(),
  };
}

interface Place {
  way: string;
  size: number;
  depth: number;
  run: Work;
}

const nameOf = ({ way, size, depth }: Place): string => `${way}, ${depth} of ${size}`;
