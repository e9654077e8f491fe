import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { startPostgres } from '../../infra/local/postgres.ts';
import { generateBatch } from '../support/generate.ts';
import { type MigratedDatabase, migrateDatabase } from '../support/migrate-database.ts';
import { createDatabase } from '../support/owned-database.ts';
import { cells, milliseconds } from './cells.ts';
import { type Sample, sampleOf } from './sample.ts';
import { timeInTurn, WARM_UP, type Work } from './time-in-turn.ts';

/** Ten is what a poll of the queue brings at most. */
const BATCHES = [1, 2, 5, 10] as const;
/** Projects the versions are spread over: a batch has some of the same. */
const PROJECTS = 40;

/** One way to work messages off, so many at once. `perSecond`: messages, by the median, with its 95 % interval. */
export interface Worked {
  way: string;
  batch: number;
  ms: Sample;
  perSecond: { p50: number; low: number; high: number };
  callsEach: number;
  toBareCall: number;
}

export interface MetadataFigures {
  turns: number;
  projects: number;
  bareCall: Sample;
  worked: Worked[];
}

/** Works off messages in batches of each size, `turns` times each, until their metadata is written: one worker, in turn. */
export async function measureMetadata(turns: number): Promise<MetadataFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'project-versions-bench-'));
  const postgres = await startPostgres({ dataDir });
  const system = await createDatabase(postgres.url()).then(migrateDatabase);
  const client = bareClient(system);
  try {
    return await measure(system, client, turns);
  } finally {
    client.close();
    await system.close();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const BARE = 'one bare SDK call';
/** `run` answers how many Data API calls it took. */
type Way = { way: string; batch: number; run: () => Promise<number> };

async function measure(
  system: MigratedDatabase,
  client: ReturnType<typeof bareClient>,
  turns: number,
): Promise<MetadataFigures> {
  const ways: Way[] = [
    ...BATCHES.map((batch) => ({ way: 'ours, with documents', batch, run: () => generate(batch, DOCUMENTS) })),
    ...BATCHES.map((batch) => ({ way: 'ours, described by rules', batch, run: () => generate(batch, {}) })),
    { way: 'plan: a message at a time', batch: 1, run: () => planned(client, next(1)) },
  ];
  const messages = ways.reduce((sum, { batch }) => sum + batch, 0);
  const next = await seed(system, (turns + WARM_UP) * messages);
  const generate = async (batch: number, more: object): Promise<number> => {
    const before = system.calls();
    const deliveries = next(batch).map((version) => ({
      id: version.versionId,
      body: JSON.stringify({ type: 'generate-metadata', ...version, ...more }),
    }));
    const outcomes = await generateBatch(system.worker, deliveries);
    if (outcomes.some((outcome) => outcome.kind !== 'done')) throw new Error(JSON.stringify(outcomes));
    return system.calls() - before;
  };
  const calls = new Map<Way, number>();
  const nameOf = ({ way, batch }: Way): string => `${way}, ${batch}`;
  const work = ways.map((way): [string, Work] => [nameOf(way), async () => calls.set(way, await way.run())]);
  const all = { [BARE]: () => client.run('select 1'), ...Object.fromEntries(work) };
  const times = await timeInTurn('batches of messages', all, turns);
  const bareCall = sampleOf(times.get(BARE) ?? []);
  return {
    turns,
    projects: PROJECTS,
    bareCall,
    worked: ways.map((way) => {
      const ms = sampleOf(times.get(nameOf(way)) ?? []);
      const rate = (taken: number) => (way.batch * 1_000) / taken;
      return {
        ...{ way: way.way, batch: way.batch, ms, callsEach: (calls.get(way) ?? 0) / way.batch },
        perSecond: { p50: rate(ms.p50), low: rate(ms.high), high: rate(ms.low) },
        toBareCall: ms.p50 / bareCall.p50,
      };
    }),
  };
}

interface Key {
  versionId: string;
  projectId: string;
}

/** Deployed versions that wait for metadata. @returns the next so many of them, each time */
async function seed({ owner }: MigratedDatabase, count: number): Promise<(batch: number) => Key[]> {
  const { rows } = await owner.query<Key>(
    `insert into project_versions (project_id, version_id, user_id, prompt, status, metadata_status, created_at, deployed_at)
     select 'project-' || n % $2, '01J' || lpad(n::text, 23, '0'), 'ada', 'Add a search field', 'deployed', 'pending', now(), now()
       from generate_series(1, $1::integer) n
     returning version_id as "versionId", project_id as "projectId"`,
    [count, PROJECTS],
  );
  await owner.query('vacuum analyze project_versions');
  return (batch) => rows.splice(0, batch);
}

function bareClient({ dataApi, arns, test }: MigratedDatabase) {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const client = new RDSDataClient({ endpoint: dataApi.url, region: 'us-east-1', credentials });
  const target = { resourceArn: arns.cluster, secretArn: arns.worker, database: test.database };
  return {
    run: (sql: string, values: Record<string, string> = {}) =>
      client.send(
        new ExecuteStatementCommand({
          ...{ ...target, sql },
          parameters: Object.entries(values).map(([name, stringValue]) => ({ name, value: { stringValue } })),
        }),
      ),
    close: () => client.destroy(),
  };
}

/** As the plan would: a message at a time, its version read, its metadata written. It numbers nothing, and locks nothing. */
async function planned({ run }: ReturnType<typeof bareClient>, versions: Key[]): Promise<number> {
  for (const { versionId } of versions) {
    await run('select version_id, project_id, prompt, status from project_versions where version_id = :id', {
      id: versionId,
    });
    await run(
      `update project_versions set major_version = 1, minor_version = 0, patch_version = 0, version_name = :name,
              version_description = :name, change_type = 'minor', breaking_risk = 'low', auto_classified = true,
              metadata_status = 'ready'
        where version_id = :id`,
      { id: versionId, name: 'Add a search field' },
    );
  }
  return versions.length * 2;
}

/** Prints them as a table. */
export function printMetadata({ turns, bareCall, worked }: MetadataFigures): void {
  console.log(`\nMessages until their metadata is written, one worker, ${turns} batches each, in turn\n`);
  cells('', ['batch', 'p50 ms', 'messages/s', 'calls each', 'x bare']);
  cells(BARE, ['', milliseconds(bareCall.p50), '', '1', '1.00']);
  for (const { way, batch, ms, perSecond, callsEach, toBareCall } of worked)
    cells(way, [
      ...[String(batch), milliseconds(ms.p50), perSecond.p50.toFixed(0), String(callsEach), toBareCall.toFixed(2)],
    ]);
}

const DOCUMENTS = {
  recommendations: {
    schemaVersion: 1,
    recommendations: [],
    project_info: {
      ...{ type: 'shop', framework: 'react', version: '1.0.0', version_description: 'Adds a search field.' },
      ...{ change_type: 'minor', breaking_risk: 'low' },
    },
  },
};
