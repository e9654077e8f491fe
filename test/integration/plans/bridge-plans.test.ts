import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explainEverything, type Plan, plansOf } from '../../support/explain.ts';
import { type LegacyDatabase, legacyDatabase, legacyTables } from '../../support/legacy-database.ts';

// Between the deployment and the end of the backfill: what reading and writing costs while metadata is read from the old table. 40,000 versions of a
// project among 60,000, half of them checkpoints; both tables freshly filled, so that the planner knows nothing of either.
let db: LegacyDatabase;
let api: pg.Client;
const [PROJECT, USER] = ['busy', 'ada'];
const id = (number: number) => `01J${String(number).padStart(23, '0')}`;

beforeAll(async () => {
  db = await legacyDatabase(
    await legacyTables(),
    `insert into project_versions (project_id, user_id, version_id, prompt, status, created_at, updated_at, artifact_url)
     select case when n % 3 = 0 then 'other-' || n % 500 else '${PROJECT}' end, '${USER}', '01J' || lpad(n::text, 23, '0'), repeat('prompt ', 40),
            'deployed', '2026-01-01'::timestamptz + n * interval '1 minute', now(), 's3://a'
       from generate_series(1, 60000) n`,
    `insert into project_versions_metadata (version_id, project_id, user_id, minor_version, version_name, version_description, change_type, is_published)
     select version_id, project_id, user_id, right(version_id, 6)::integer, 'Name', repeat('text ', 20),
            (array['patch', 'minor'])[1 + right(version_id, 1)::integer % 2], version_id = '${id(50_000)}'
       from project_versions`,
  );
  await db.migrate({ through: 'expand' });
  await explainEverything(db.admin, db.test.database);
  await db.as('api');
  const { username: user, password } = db.secrets.get([...db.secrets.keys()].at(-1) ?? '') ?? {};
  api = new pg.Client({ ...db.test, user, password });
  await api.connect();
});
afterAll(async () => {
  await api?.end();
  await db?.close();
});

const list = (offset: number, total: boolean): Promise<Plan[]> =>
  plansOf(api, 'select public.list_versions_v1($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)', [
    ...[PROJECT, USER, 21, offset, null, null, false, false, null, null, null, null, null, null, total],
  ]);
const buffers = (plans: Plan[]): number => plans.reduce((sum, plan) => sum + plan.buffers, 0);

test('a page looks up the metadata of what it walks over, by key', async () => {
  const plans = await list(0, false);
  // 42 versions walked over for 21 that are no checkpoints: four pages each, one of the table and three of the old table's key.
  expect(buffers(plans)).toBeLessThan(42 * 6);
  expect(plans.flatMap(({ nodes }) => nodes)).not.toContain('Seq Scan');
});

test('counting looks each version up once, and never reads the old table whole', async () => {
  const plans = await list(0, true);
  expect(buffers(plans)).toBeLessThan(40_000 * 5);
  expect(plans.flatMap(({ nodes }) => nodes)).not.toContain('Seq Scan');
});

test('publishing finds what is published and the highest number without reading the project', async () => {
  const plans = await plansOf(api, 'select public.publish_version_v1($1, $2, $3, $4, null)', [
    PROJECT,
    id(40_001),
    USER,
    '{}',
  ]);
  // Four versions carried over, one of them taken off; most of it is PostgreSQL's catalog, read by a connection for the first time. The project whole: 160,000.
  expect(plans.find(({ statement }) => statement.includes('lock_version_v1'))?.buffers).toBeLessThan(1_200);
  expect(plans.flatMap(({ nodes }) => nodes)).not.toContain('Seq Scan');
});
