import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { rollBack } from '../../../functions/migrations/rollback.ts';
import { edit } from '../../../functions/versions/edit.ts';
import { publish } from '../../../functions/versions/publish.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { compileRollback } from '../../../infra/build/compile-migrations.ts';
import { generateBatch } from '../../support/generate.ts';
import { wrongWith } from '../../support/integrity.ts';
import {
  type LegacyDatabase,
  legacyDatabase,
  migratedOnce,
  openLegacyDatabase,
  ownMigrations,
} from '../../support/legacy-database.ts';
import { consolidated, legacyShapes, someShapes } from '../../support/legacy-shapes.ts';
import { migratedCopy } from '../../support/migrated-database.ts';
import { catalogOf } from '../../support/own-catalog.ts';
import { eventually } from '../../support/wait.ts';

let db: LegacyDatabase;
afterEach(() => db?.close());

let filled: Awaited<ReturnType<typeof migratedOnce>>;
beforeAll(async () => {
  filled = await migratedOnce(legacyShapes['both filled'] ?? [], 'backfill');
});
afterAll(() => filled.drop());

const file = await compileRollback();
const back = (ms = 30_000) =>
  rollBack(file, {
    database: db.database,
    holder: 'test',
    until: Date.now() + ms,
    log: { info: () => {}, warn: () => {} },
  });

/** Every row of the old tables as text, of the columns there are before the migrations; as the superuser, whom no policy binds. */
async function oldRows(columns: { table: string; columns: string }[]) {
  const rows: Record<string, unknown[]> = {};
  for (const { table, columns: names } of columns)
    rows[table] = (await db.admin.query(`select row(${names})::text as row from ${table} order by version_id`)).rows;
  return rows;
}
const oldColumns = () =>
  db.rows<{ table: string; columns: string }>(
    `select c.relname as "table", string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relname in ('project_versions', 'project_versions_metadata')
      group by c.relname`,
  );
const seenByNewCode = () => db.rows(`select to_jsonb(v) as row from version_history.versions v order by version_id`);

test.each(someShapes(5).filter((shape) => shape !== 'no tables'))(
  '%s: there and back is where it was, row by row, and there again where it went',
  async (shape) => {
    db = await legacyDatabase(...(legacyShapes[shape] ?? []));
    const columns = await oldColumns();
    const before = await oldRows(columns);
    await db.migrate({ through: 'expand' });
    expect(await wrongWith(db)).toEqual({ state: 'expand', wrong: [] });
    await db.migrate();
    expect(await wrongWith(db)).toEqual({ state: 'backfill', wrong: [] });
    const after = await seenByNewCode();
    expect(await back()).toMatchObject({ complete: true });
    expect(await wrongWith(db)).toEqual({ state: 'rolled back', wrong: [] });
    expect(await oldRows(columns)).toEqual(before);
    expect(
      await db.rows(
        `select tgname from pg_trigger where tgname in ('project_versions_follow', 'project_versions_keep', 'project_versions_find_metadata')`,
      ),
    ).toEqual([]);
    const forced = await db.admin.query(
      `select relforcerowsecurity as forced from pg_class where relname = 'project_versions_metadata' and relkind = 'r'`,
    );
    expect(forced.rows).toEqual([{ forced: shape === 'row-level security forced' }]);
    expect(await db.migrate()).toMatchObject({ applied: AGAIN });
    expect(await seenByNewCode()).toEqual(after);
    expect(await wrongWith(db)).toEqual({ state: 'backfill', wrong: [] });
  },
);

/** What a deployment does again after a rollback. */
const AGAIN = [
  'legacy/003_follow.sql',
  'legacy/004_carry_over.sql',
  '005_rules_and_indexes.sql',
  'legacy/009_report.sql',
];

test('what the new system knows goes back too', async () => {
  db = await filled.copy();
  const [api, worker] = [await db.as('api'), await db.as('worker')];
  const versionId = '01J00000000000000000000NEW';
  await recordStart(worker, 'p-plain', versionId, { userId: 'ada', prompt: 'Add a search' });
  await recordEnd(worker, 'p-plain', versionId, { status: 'deployed', artifactUrl: 'https://a.example.com' });
  const body = JSON.stringify({ type: 'generate-metadata', versionId, projectId: 'p-plain' });
  await generateBatch(worker, [{ id: '1', body }]);
  await publish(api, { projectId: 'p-plain', userId: 'ada', versionId }, { comment: 'Live' }, null);
  await edit(api, { projectId: 'p-plain', userId: 'ada', versionId: '01AAAAAAAAAAAAAAAAAAAAAA01' }, { name: 'Mine' });
  expect(await back()).toMatchObject({ complete: true });
  expect(
    await db.rows(`select version_id, version_name, major_version, is_published, user_comment, auto_classified from project_versions_metadata
                    where project_id = 'p-plain' and (is_published or version_name = 'Mine') order by version_id`),
  ).toEqual([
    expect.objectContaining({ version_name: 'Mine', is_published: false, auto_classified: false }),
    expect.objectContaining({ version_id: versionId, major_version: 1, is_published: true, user_comment: 'Live' }),
  ]);
});

test('whoever publishes while it goes back is not lost, and going back again changes nothing', async () => {
  db = await filled.copy();
  const first = { projectId: 'p-plain', userId: 'ada', versionId: '01AAAAAAAAAAAAAAAAAAAAAA01' };
  await db.owner.query('begin');
  await db.owner.query(
    `select version_history.publish_version('p-plain', '${first.versionId}', 'ada', '{"comment": "Live"}', null)`,
  );
  const goingBack = back();
  await eventually('the way back waits', async () => {
    const { rowCount } = await db.admin.query('select from pg_locks where not granted');
    return rowCount === 1;
  });
  await db.owner.query('commit');
  expect(await goingBack).toMatchObject({ complete: true });
  const live = () =>
    db.rows(
      `select version_id, user_comment from project_versions_metadata where project_id = 'p-plain' and is_published`,
    );
  expect(await live()).toEqual([{ version_id: first.versionId, user_comment: 'Live' }]);
  expect(await back()).toMatchObject({ complete: true });
  expect(await live()).toEqual([{ version_id: first.versionId, user_comment: 'Live' }]);
});

test('a deployment that was asked for before it does not undo it', async () => {
  db = await legacyDatabase(...(legacyShapes['both filled'] ?? []));
  const askedAt = Date.now();
  await db.migrate({ through: 'expand', askedAt });
  await back();
  await expect(db.migrate({ askedAt })).rejects.toThrow('the migrations were taken back meanwhile');
  expect(await db.migrate()).toMatchObject({ complete: true });
});

test('from the middle of the carrying over, broken off itself, and a deployment in the middle of the way back', async () => {
  db = await legacyDatabase(...(legacyShapes['no publication columns'] ?? []));
  const columns = await oldColumns();
  const before = await oldRows(columns);
  db.dataApi.faults.add({ kind: 'dropped-before', sql: 'unpublish_batch(:after', count: 10_000 });
  expect(await db.migrate({ until: Date.now() + 6_000 })).toMatchObject({ complete: false });
  expect(await db.rows(`select from project_versions where metadata_status = 'ready'`)).not.toEqual([]);
  db.dataApi.faults.clear();
  db.dataApi.faults.add({ kind: 'dropped-before', sql: 'go_back_batch(:after', count: 10_000 });
  expect(await back(3_000)).toMatchObject({ complete: false });
  db.dataApi.faults.clear();
  // What goes on with the deployment's backfill finds that it was taken back.
  expect(await db.migrate({ continues: true })).toEqual({ complete: true, applied: [] });
  expect(await db.migrate()).toMatchObject({ complete: true });
  expect(await back()).toMatchObject({ complete: true });
  expect(await oldRows(columns)).toEqual(before);
});

test('from before anything was carried over: nothing is changed but what a deployment begins with', async () => {
  db = await legacyDatabase(...(legacyShapes['row-level security forced'] ?? []));
  const before = await catalogOf(db);
  await db.migrate({ through: 'expand', migrations: (await ownMigrations()).slice(0, 1) });
  expect(await back()).toMatchObject({ complete: true });
  const after = await catalogOf(db);
  expect(Object.fromEntries([...before.keys()].map((fact) => [fact, after.get(fact)]))).toEqual(
    Object.fromEntries(before),
  );
  expect(await db.migrate()).toMatchObject({ complete: true });
});

test('there is no way back on a new database, where there was no old table, and after it is set aside: it says so and does nothing', async () => {
  const refuses = async (reason: string) => {
    const backup = 'version_history.project_versions_backup';
    const seen = async () => [
      await db.rows(`select to_jsonb(v) as row from project_versions v order by version_id`),
      await db.rows(`select to_regclass('${backup}') as backup, rolled_back_at from version_history.migration_lease`),
    ];
    const before = await seen();
    await expect(back()).rejects.toThrow(`there is no way back: ${reason}`);
    expect(await seen()).toEqual(before);
  };
  db = await openLegacyDatabase(await migratedCopy());
  await refuses('this database has nothing of an old system');
  await db.close();
  db = await legacyDatabase(...consolidated);
  await db.migrate();
  await refuses(
    'there was no old table to go back to, version_history.project_versions_backup has the rows as they were',
  );
  await db.close();
  db = await filled.copy();
  await db.owner.query(`update version_history.takeover set reported_at = now() - interval '8 days'`);
  await db.migrate({ through: 'contract' });
  await refuses('the old table is set aside, version_history.project_versions_metadata has its rows');
});
