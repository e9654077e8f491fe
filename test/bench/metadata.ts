import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { startPostgres } from '../../infra/local/postgres.ts';
import { generateBatch } from '../support/generate.ts';
import { type MigratedDatabase, migrateDatabase } from '../support/migrate-database.ts';
import { createDatabase } from '../support/owned-database.ts';
import { timeInTurn, type Work } from './time-in-turn.ts';

const BATCH = 10;
/** Projects the versions are spread over: a batch has some of the same. */
const PROJECTS = 40;

/** Works off batches of ten in three ways in turn, and prints messages a second and Data API calls a message. */
export async function benchMetadata(batches: number, json: boolean): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'project-versions-bench-'));
  const postgres = await startPostgres({ dataDir });
  const system = await createDatabase(postgres.url()).then(migrateDatabase);
  try {
    const next = await seed(system, (batches + 10) * 3 * BATCH);
    const client = bareClient(system);
    const calls = new Map<string, number>();
    const counted = (name: string, run: () => Promise<number>): [string, Work] => [
      name,
      async () => calls.set(name, await run()),
    ];
    const batch = async (more: object) => {
      const before = system.calls();
      const outcomes = await generateBatch(
        system.worker,
        next().map((version) => ({
          id: version.versionId,
          body: JSON.stringify({ type: 'generate-metadata', ...version, ...more }),
        })),
      );
      if (outcomes.some((outcome) => outcome.kind !== 'done')) throw new Error(JSON.stringify(outcomes));
      return system.calls() - before;
    };
    const work = Object.fromEntries([
      counted('ten messages with documents', () => batch({ recommendations: DOCUMENT })),
      counted('ten messages, described by rules', () => batch({})),
      counted('the plan: ten times SELECT and UPDATE', () => planned(system, client, next())),
      counted('the limit: one bare SDK call', () => client.run('select 1').then(() => 1)),
    ]);
    print(await timeInTurn(work, batches), calls, json);
    client.close();
  } finally {
    await system.close();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Key {
  versionId: string;
  projectId: string;
}

/** Deployed versions that wait for metadata. @returns the next ten of them, each time */
async function seed({ owner }: MigratedDatabase, count: number): Promise<() => Key[]> {
  const { rows } = await owner.query<Key>(
    `insert into project_versions (project_id, version_id, user_id, prompt, status, metadata_status, created_at, deployed_at)
     select 'project-' || n % $2, '01J' || lpad(n::text, 23, '0'), 'ada', 'Add a search field', 'deployed', 'pending', now(), now()
       from generate_series(1, $1::integer) n
     returning version_id as "versionId", project_id as "projectId"`,
    [count, PROJECTS],
  );
  await owner.query('vacuum analyze project_versions');
  return () => rows.splice(0, BATCH);
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
async function planned(_: MigratedDatabase, { run }: ReturnType<typeof bareClient>, versions: Key[]): Promise<number> {
  for (const { versionId } of versions) {
    await run('select version_id, project_id, prompt, status from project_versions where version_id = :id', {
      id: versionId,
    });
    await run(
      `update project_versions set major_version = 1, minor_version = 0, patch_version = 0, version_name = :name,
              version_description = :name, change_type = 'minor', breaking_risk = 'low', auto_classified = true,
              metadata_status = 'ready', updated_at = now()
        where version_id = :id`,
      { id: versionId, name: 'Add a search field' },
    );
  }
  return versions.length * 2;
}

function print(times: Map<string, number[]>, calls: Map<string, number>, json: boolean): void {
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  const bare = median(times.get('the limit: one bare SDK call') ?? []);
  const figures = [...times].map(([name, taken]) => {
    const p50Ms = median(taken);
    return {
      name,
      p50Ms,
      perSecond: (BATCH * 1_000) / p50Ms,
      callsEach: (calls.get(name) ?? 0) / BATCH,
      toBareCall: p50Ms / bare,
    };
  });
  if (json) {
    console.log(JSON.stringify(figures, null, 2));
    return;
  }
  console.log('\nA batch of ten messages, one worker, in turn\n');
  console.log(
    `${''.padEnd(40)}${['p50 ms', 'messages/s', 'calls each', 'x bare'].map((head) => head.padStart(12)).join('')}`,
  );
  for (const { name, p50Ms, perSecond, callsEach, toBareCall } of figures)
    console.log(
      name.padEnd(40) +
        [p50Ms, perSecond, callsEach, toBareCall].map((figure) => figure.toFixed(2).padStart(12)).join(''),
    );
}

const DOCUMENT = {
  schemaVersion: 1,
  recommendations: [],
  project_info: {
    ...{ type: 'shop', framework: 'react', version: '1.0.0', version_description: 'Adds a search field.' },
    ...{ change_type: 'minor', breaking_risk: 'low' },
  },
};
