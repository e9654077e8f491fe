/**
 * What a cold start of list-versions takes, from spawning its process to its first answer, against the least a function can be that asks the Data API
 * (the bare client of the SDK with the same statement) and against the same list written with drizzle-orm and with kysely. All are bundled alike, started
 * by the local stack's own Lambda runtime, and ask a real PostgreSQL through the local Data API.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../../infra/local/postgres.ts';
import { type MigratedDatabase, migrateDatabase } from '../../support/migrate-database.ts';
import { createDatabase } from '../../support/owned-database.ts';
import { medianOf } from '../sample.ts';
import { bundleCandidates, type Candidate, type CandidateName } from './candidates.ts';
import { type Ratio, ratioOf } from './ratio.ts';
import { type Times, timeStarts } from './time-starts.ts';

/** What is timed for the comparison; the other candidates only split the time up. */
const COMPARED = ['ours', 'bare SDK', 'drizzle-orm', 'kysely'] as const;

/** A start of ours may take so many times as long as that of the bare client, and must take less than those of the others. */
const MOST_TO_BARE = 1.25;

/** `toBare`: how many starts of the bare client it takes as long as. `withoutNode`: the same of what comes on top of an empty function's start. */
interface StartFigure extends Pick<Candidate, 'bytes' | 'gzipBytes' | 'packages'> {
  ms: number;
  toBare: Ratio;
  withoutNode: Ratio;
}

/** Milliseconds of a start of ours, by what takes them; they add up to the whole but for the noise. */
interface StartParts {
  node: number;
  sdk: number;
  call: number;
  schemas: number;
  http: number;
  rest: number;
}

export interface StartReport {
  pairs: number;
  figures: Record<(typeof COMPARED)[number], StartFigure>;
  parts: StartParts;
  /** What the goals say against it, a sentence each. */
  missed: string[];
}

/** Starts each function `pairs` times. */
export async function measureStarts(pairs: number): Promise<StartReport> {
  const folder = await mkdtemp(join(tmpdir(), 'project-versions-bench-'));
  const postgres = await startPostgres({ dataDir: join(folder, 'data') });
  const system = await createDatabase(postgres.url()).then(migrateDatabase);
  try {
    await seed(system);
    const candidates = await bundleCandidates(folder);
    return report(candidates, await timeStarts(candidates, pairs, system, EVENT), pairs);
  } finally {
    await system.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const EVENT = {
  version: '2.0',
  rawPath: '/projects/shop/versions',
  headers: {},
  pathParameters: { projectId: 'shop' },
  requestContext: {
    requestId: 'bench',
    routeKey: 'GET /projects/{projectId}/versions',
    http: { method: 'GET' },
    authorizer: { jwt: { claims: { sub: 'ada' }, scopes: null } },
  },
};

async function seed({ owner }: MigratedDatabase): Promise<void> {
  await owner.query(
    `insert into project_versions (project_id, version_id, user_id, prompt, status, metadata_status, change_type, created_at, deployed_at)
     select 'shop', '01J' || lpad(n::text, 23, '0'), 'ada', 'Add a search field', 'deployed', 'ready', 'minor', now(), now()
       from generate_series(1, 1000) n`,
  );
  await owner.query('vacuum analyze project_versions');
}

function report(candidates: Candidate[], times: Times, pairs: number): StartReport {
  const own = (name: CandidateName) => times[name].map((taken, turn) => taken - (times.nothing[turn] ?? Number.NaN));
  const figures = Object.fromEntries(
    candidates
      .filter(({ name }) => (COMPARED as readonly string[]).includes(name))
      .map(({ name, bytes, gzipBytes, packages }) => {
        const toBare = ratioOf(times[name], times['bare SDK']);
        const withoutNode = ratioOf(own(name), own('bare SDK'));
        return [name, { ms: medianOf(times[name]), toBare, withoutNode, bytes, gzipBytes, packages }];
      }),
  ) as StartReport['figures'];
  const more = (name: CandidateName) => medianOf(own(name));
  const sdk = more('SDK, no call');
  const [schemas, http] = [more('SDK and schemas') - sdk, more('SDK and HTTP layer') - sdk];
  const call = more('bare SDK') - sdk;
  const rest = more('ours') - sdk - call - schemas - http;
  const parts = { node: medianOf(times.nothing), sdk, call, schemas, http, rest };
  return { pairs, figures, parts, missed: missedBy(times) };
}

function missedBy(times: Times): string[] {
  const toBare = ratioOf(times.ours, times['bare SDK']).median;
  const missed = toBare > MOST_TO_BARE ? [`${toBare.toFixed(3)} bare starts, at most ${MOST_TO_BARE} are wanted`] : [];
  for (const other of ['drizzle-orm', 'kysely'] as const) {
    const { median } = ratioOf(times.ours, times[other]);
    if (median >= 1) missed.push(`${median.toFixed(3)} starts with ${other}, less than 1 is wanted`);
  }
  return missed;
}

/** Prints them as tables. */
export function printStarts({ pairs, figures, parts, missed }: StartReport): void {
  console.log(`\nFrom spawning a function's process to its first answer, ${pairs} starts each, in turn\n`);
  console.log(row('', ['ms', 'x bare', '95 % interval', 'without Node', 'KB', 'KB gzip']));
  for (const [name, { ms, toBare, withoutNode, bytes, gzipBytes }] of Object.entries(figures)) {
    const interval = `${toBare.low.toFixed(3)} to ${toBare.high.toFixed(3)}`;
    const ratios = [toBare.median.toFixed(3), interval, withoutNode.median.toFixed(3)];
    console.log(row(name, [ms.toFixed(1), ...ratios, kilobytes(bytes), kilobytes(gzipBytes)]));
  }
  console.log(
    '\nx bare: the median of the pairs; without Node: the same, less what a function that holds nothing takes\n',
  );
  console.log(`Of ours, ms:  ${parts.node.toFixed(1)} process, Node.js and runtime`);
  for (const [name, ms] of [
    ['loading the SDK', parts.sdk],
    ['its first call', parts.call],
    ['zod and the schemas', parts.schemas],
    ['middy and the HTTP layer', parts.http],
    ['the rest of ours', parts.rest],
  ] as const)
    console.log(`${ms.toFixed(1).padStart(18)} ${name}`);
  const heaviest = Object.entries(figures.ours.packages).slice(0, 8);
  console.log(`Bundle, KB:   ${heaviest.map(([name, bytes]) => `${name} ${kilobytes(bytes)}`).join(', ')}`);
  for (const goal of missed) console.log(`MISSED: ${goal}`);
}

const kilobytes = (bytes: number): string => (bytes / 1_000).toFixed(0);

const row = (name: string, cells: string[]): string =>
  name.padEnd(14) + cells.map((cell, index) => cell.padStart(index === 2 ? 18 : 13)).join('');
