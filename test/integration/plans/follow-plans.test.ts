import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explainEverything, type Plan, plansOf } from '../../support/explain.ts';
import { type LegacyDatabase, legacyDatabase, legacyTables, ownMigrations } from '../../support/legacy-database.ts';

// What an old writer pays for being followed. 10,000 versions of one project, both tables freshly filled, so that the planner knows nothing of either:
// each is some 600 pages, which nothing here may read.
let db: LegacyDatabase;
const id = (number: number) => `01J${String(number).padStart(23, '0')}`;

beforeAll(async () => {
  db = await legacyDatabase(
    await legacyTables(),
    `alter table project_versions set (autovacuum_enabled = off); alter table project_versions_metadata set (autovacuum_enabled = off);
     insert into project_versions (project_id, user_id, version_id, prompt, status, created_at, updated_at, artifact_url)
     select 'busy', 'ada', '01J' || lpad(n::text, 23, '0'), repeat('prompt ', 40), 'deployed', '2026-01-01'::timestamptz + n * interval '1 minute',
            now(), 's3://a'
       from generate_series(1, 10000) n;
     insert into project_versions_metadata (version_id, project_id, user_id, minor_version, version_name, version_description, change_type, is_published)
     select version_id, project_id, user_id, right(version_id, 6)::integer, 'Name', repeat('text ', 60), 'minor', version_id = '${id(5_000)}'
       from project_versions`,
  );
});
afterAll(() => db?.close());

/** What runs inside a call, or a statement's triggers, on a connection that has done the like once: PostgreSQL has then read its catalog. */
async function inside(statement: string, first: number, then: number): Promise<Plan[]> {
  const writer = new pg.Client(db.test.url);
  await writer.connect();
  try {
    await plansOf(writer, statement, [id(first)]);
    return await plansOf(writer, statement, [id(then)]);
  } finally {
    await writer.end();
  }
}
const buffers = (plans: Plan[]): number => plans.reduce((sum, plan) => sum + plan.buffers, 0);

const publishes =
  'update project_versions_metadata set is_published = true, published_at = now() where version_id = $1';
const describes = `update project_versions_metadata set version_name = 'Other' where version_id = $1`;

describe.each([
  ['while versions are carried over', 4],
  ['once they are', undefined],
])('%s', (_, files) => {
  beforeAll(async () => {
    await db.admin.query(`alter database ${db.test.database} reset all`);
    await db.migrate({ through: 'expand', migrations: (await ownMigrations()).slice(0, files) });
    await explainEverything(db.admin, db.test.database);
  });

  test('publishing finds what is published without reading the project', async () => {
    const plans = await inside(publishes, 100, 101);
    expect(buffers(plans)).toBeLessThan(200);
  });

  test('another name is written by key', async () => {
    const plans = await inside(describes, 200, 201);
    expect(buffers(plans)).toBeLessThan(120);
  });
});
