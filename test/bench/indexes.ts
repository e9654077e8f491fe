import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../infra/local/postgres.ts';
import { connected } from '../support/connected.ts';
import { applyAll } from '../support/migrate-database.ts';
import { createDatabase, type TestDatabase } from '../support/owned-database.ts';
import { cells } from './cells.ts';
import { medianOf } from './sample.ts';
import { timeInTurn } from './time-in-turn.ts';

const VERSIONS = 200_000;
const PROJECTS = 200;
/** Writes of a kind in one measurement: one alone is mostly the call. */
const AT_ONCE = 20;

/** What reads each index, and would read the table without it. */
const SERVES: Record<string, string> = {
  project_versions_one_published: 'the published version of a project, and that there is one at most',
  project_versions_numbers: 'the highest number of a project',
  project_versions_metadata_due: 'deployed versions that wait for metadata, the longest first',
  project_versions_history: 'a history with its checkpoints, by type and by status',
  project_versions_default_view: 'a history without its checkpoints, and its total',
};

const WRITES = {
  insert: `select version_history.create_version(jsonb_build_object('version_id', 'new' || $1 || '-' || n, 'project_id', 'project-' || n % 200,
             'user_id', 'ada', 'prompt', 'Add a search field'), null) from generate_series(1, ${AT_ONCE}) n`,
  metadata: `select version_history.apply_metadata((
               select jsonb_agg(jsonb_build_object('key', n, 'version_id', 'due' || ($1::integer * ${AT_ONCE} + n), 'project_id', 'waiting-' || n,
                 'change_type', 'minor', 'version_name', 'Search', 'metadata_generator', 'rules'))
                 from generate_series(1, ${AT_ONCE}) n), null, 0)`,
  publish: `select version_history.publish_version('project-' || n, 'v' || (n + 200 * ($1::integer % 900)), 'ada', '{}', null)
              from generate_series(1, ${AT_ONCE}) n`,
} as const;

type Write = keyof typeof WRITES;

/** `without` undefined: with all of them. Microseconds of one write, the median; `megabytes` of the index. */
export interface IndexCost {
  without: string | undefined;
  serves: string;
  megabytes: number;
  microseconds: Record<Write, number>;
}

export interface IndexFigures {
  versions: number;
  turns: number;
  costs: IndexCost[];
}

/** What an insert, a metadata write and a publish cost with all indexes, and without each of them. */
export async function measureIndexes(turns: number): Promise<IndexFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'project-versions-bench-'));
  const postgres = await startPostgres({ dataDir });
  const clients: pg.Client[] = [];
  try {
    const whole = await createDatabase(postgres.url());
    await applyAll(whole);
    const sizes = await connected(whole.url, fill);
    const variants = new Map<string, pg.Client>();
    for (const without of [undefined, ...Object.keys(SERVES)]) {
      const client = new pg.Client({ connectionString: (await copyWithout(whole, without)).url });
      await client.connect();
      clients.push(client);
      variants.set(without ?? '', client);
    }
    const times = new Map<string, number[]>();
    for (const write of Object.keys(WRITES) as Write[]) {
      const work = Object.fromEntries(
        [...variants].map(([without, client]) => {
          let turn = 0;
          return [`${write} ${without}`, () => client.query(WRITES[write], [turn++])];
        }),
      );
      for (const [name, each] of await timeInTurn(write, work, turns)) times.set(name, each);
    }
    const costs = [...variants.keys()].map((without): IndexCost => {
      const each = (write: Write) => (medianOf(times.get(`${write} ${without}`) ?? []) * 1_000) / AT_ONCE;
      return {
        ...{ without: without || undefined, serves: SERVES[without] ?? '', megabytes: sizes.get(without) ?? 0 },
        microseconds: { insert: each('insert'), metadata: each('metadata'), publish: each('publish') },
      };
    });
    return { versions: VERSIONS, turns, costs };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function copyWithout(whole: TestDatabase, index: string | undefined): Promise<TestDatabase> {
  const copy = await whole.copy();
  if (index) await connected(copy.url, (owner) => owner.query(`drop index public.${index}`));
  return copy;
}

/** @returns megabytes by index */
async function fill(owner: pg.Client): Promise<Map<string, number>> {
  await owner.query(
    `insert into project_versions (project_id, version_id, user_id, prompt, status, artifact_url, created_at, deployed_at, change_type, version_name,
                                   major_version, minor_version, patch_version, metadata_status)
     select 'project-' || n % $2, 'v' || n, 'ada', repeat('prompt ', 100), 'deployed', 's3://a', now() - n * interval '1 minute', now(),
            (array['patch', 'minor'])[1 + n % 2], 'Version ' || n, 1, n, 0, 'ready'
       from generate_series(1, $1::integer) n`,
    [VERSIONS, PROJECTS],
  );
  // Each is written once: so many as there can be turns.
  await owner.query(
    `insert into project_versions (project_id, version_id, user_id, prompt, status, created_at, deployed_at, metadata_status)
     select 'waiting-' || n, 'due' || (turn * $1::integer + n), 'ada', 'Add a search field', 'deployed', now(), now(), 'pending'
       from generate_series(0, 1999) turn, generate_series(1, $1::integer) n`,
    [AT_ONCE],
  );
  await owner.query('vacuum analyze project_versions');
  const { rows } = await owner.query<{ name: string; bytes: string }>(
    `select indexrelid::regclass::text as name, pg_relation_size(indexrelid) as bytes from pg_index where indrelid = 'public.project_versions'::regclass`,
  );
  return new Map(rows.map(({ name, bytes }) => [name, Number(bytes) / 1_048_576]));
}

/** Prints them as a table. */
export function printIndexes({ versions, turns, costs }: IndexFigures): void {
  console.log(
    `\nMicroseconds of one write among ${versions.toLocaleString('en')} versions, with all indexes and without each, ${turns} times ${AT_ONCE} in turn\n`,
  );
  cells('', ['MB', 'insert', 'metadata', 'publish']);
  for (const { without, megabytes, microseconds, serves } of costs) {
    const { insert, metadata, publish } = microseconds;
    const size = without ? megabytes.toFixed(1) : '';
    cells(without ? `without ${without.replace('project_versions_', '')}` : 'with all', [
      size,
      ...[insert, metadata, publish].map((each) => each.toFixed(0)),
    ]);
    if (serves) console.log(`  which serves ${serves}`);
  }
}
