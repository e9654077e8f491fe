/**
 * What a page of a history costs, against the least any request could cost: one bare SDK call on the same endpoint. Both are
 * timed in turn in one run, so that the ratio holds on a machine whose speed drifts. `npm run bench [-- --requests N --json]`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import pg from 'pg';
import { LOCAL_USER } from '../../infra/local/endpoints.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { synthesize } from '../../infra/synthesize.ts';

const VERSIONS = 100_000;
const WARM_UP = 50;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '500' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log('npm run bench -- [--requests N] [--json]: list a project of 100,000 versions, against a bare SDK call');
  process.exit(0);
}
const requests = Number(values.requests);
if (!Number.isInteger(requests) || requests < 1)
  throw new Error(`--requests must be a whole number from 1, not ${values.requests}`);

const folder = await mkdtemp(join(tmpdir(), 'project-versions-bench-'));
const context = { jwtIssuer: 'https://issuer.project-versions.localhost', jwtAudience: 'project-versions' };
const assembly = synthesize({ outdir: join(folder, 'cdk.out'), checks: false, context });
const stack = await startLocalStack({
  assembly: assembly.then(({ directory }) => directory),
  dataDir: join(folder, 'data'),
});
try {
  await seed(stack);
  const figures = await measure(stack);
  if (values.json) console.log(JSON.stringify(figures, null, 2));
  else print(figures);
} finally {
  await stack.stop();
  await rm(folder, { recursive: true, force: true });
}

/** One project of 100,000 versions, half of them checkpoints, as a busy one has. */
async function seed({ postgres, endpoints }: LocalStack): Promise<void> {
  const client = new pg.Client(postgres.url(postgres.superuser, postgres.password, endpoints.database));
  await client.connect();
  await client.query(
    `insert into project_versions (project_id, version_id, user_id, prompt, status, created_at, deployed_at, change_type, version_name,
                                   version_description, major_version, minor_version, patch_version, metadata_status)
     select 'busy', '01J' || lpad(i::text, 23, '0'), $1, repeat('prompt ', 100), 'deployed', now() - i * interval '1 minute', now(),
            (array['patch', 'minor'])[1 + i % 2], 'Version ' || i, repeat('text ', 20), 1, i, 0, 'ready'
       from generate_series(1, $2::integer) i`,
    [LOCAL_USER, VERSIONS],
  );
  await client.query('vacuum analyze project_versions');
  await client.end();
}

async function measure({ endpoints }: LocalStack): Promise<Record<string, Figure>> {
  const { api, token, dataApi: endpoint, region, clusterArn: resourceArn, secretArn, database } = endpoints;
  const client = new RDSDataClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const get = async (query: string): Promise<{ nextCursor: string }> => {
    const response = await fetch(`${api}/projects/busy/versions?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!response.ok) throw new Error(`the list answered ${response.status}`);
    return (await response.json()) as { nextCursor: string };
  };
  const deep = await get('limit=1&offset=40000');
  const work: Record<string, () => Promise<unknown>> = {
    'bare SDK call, select 1': () =>
      client.send(new ExecuteStatementCommand({ resourceArn, secretArn, database, sql: 'select 1' })),
    'list, a page of 20 after 40,000': () => get(`limit=20&cursor=${deep.nextCursor}`),
    'list, first page with total': () => get('limit=20'),
    'list, offset 40,000': () => get('limit=20&offset=40000'),
  };
  const times = new Map(Object.keys(work).map((name) => [name, [] as number[]]));
  for (let turn = -WARM_UP; turn < requests; turn += 1) {
    for (const [name, run] of Object.entries(work)) {
      const start = performance.now();
      await run();
      if (turn >= 0) times.get(name)?.push(performance.now() - start);
    }
  }
  client.destroy();
  const bare = median(times.get('bare SDK call, select 1') ?? []);
  return Object.fromEntries(
    [...times].map(([name, taken]) => [
      name,
      { p50Ms: median(taken), p99Ms: percentile(taken, 0.99), ratioToBareCall: median(taken) / bare },
    ]),
  );
}

interface Figure {
  p50Ms: number;
  p99Ms: number;
  ratioToBareCall: number;
}

function print(figures: Record<string, Figure>): void {
  console.log(
    `${requests} requests each, in turn, one client; a project of ${VERSIONS.toLocaleString('en')} versions\n`,
  );
  console.log(`${''.padEnd(34)}${'p50 ms'.padStart(9)}${'p99 ms'.padStart(9)}${'ratio'.padStart(8)}`);
  for (const [name, { p50Ms, p99Ms, ratioToBareCall }] of Object.entries(figures)) {
    const cells = [p50Ms.toFixed(2).padStart(9), p99Ms.toFixed(2).padStart(9), ratioToBareCall.toFixed(2).padStart(8)];
    console.log(`${name.padEnd(34)}${cells.join('')}`);
  }
}

function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function median(values: number[]): number {
  return percentile(values, 0.5);
}
