import { afterEach, expect, test } from 'vitest';
import { rollBack } from '../../../functions/migrations/rollback.ts';
import { edit } from '../../../functions/versions/edit.ts';
import { publish } from '../../../functions/versions/publish.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { compileRollback } from '../../../infra/compile-migrations.ts';
import { generateBatch } from '../../support/generate.ts';
import { wrongWith } from '../../support/integrity.ts';
import { type LegacyDatabase, legacyDatabase } from '../../support/legacy-database.ts';
import { legacyShapes, someShapes } from '../../support/legacy-shapes.ts';
import { eventually } from '../../support/wait.ts';

let db: LegacyDatabase;
afterEach(() => db?.close());

const file = await compileRollback();
const back = (ms = 30_000) =>
  rollBack(file, {
    database: db.database,
    holder: 'test',
    until: Date.now() + ms,
    log: { info: () => {}, warn: () => {} },
  });

/** What the old code reads of a database: the joined tables, as far as the old table has room for it. */
const seenByOldCode = () =>
  db.admin
    .query(
      `select v.version_id, v.status, v.created_at, to_jsonb(m) - 'created_at' as metadata
         from project_versions v
         left join project_versions_metadata m on m.version_id = v.version_id::bpchar
        order by 1`,
    )
    .then(({ rows }) => rows);
const seenByNewCode = () =>
  db.rows(`select to_jsonb(c) - 'outdated' as row from project_versions_bridged c order by version_id`);

test.each(someShapes(5))('%s: there and back is where it was, and there again where it went', async (shape) => {
  db = await legacyDatabase(...(legacyShapes[shape] ?? []));
  await db.migrate({ through: 'expand' });
  expect(await wrongWith(db)).toEqual({ state: 'expand', wrong: [] });
  const before = await seenByOldCode();
  await db.migrate();
  expect(await wrongWith(db)).toEqual({ state: 'backfill', wrong: [] });
  const after = await seenByNewCode();
  expect(await back()).toMatchObject({ complete: true });
  expect(await wrongWith(db)).toEqual({ state: 'rolled back', wrong: [] });
  const again = await seenByOldCode();
  // One published version a project is what stays decided; a prerelease of no characters is none.
  const undecided = (rows: Record<string, unknown>[]) =>
    rows.map((row) => {
      const { is_published, prerelease, ...metadata } = (row.metadata ?? {}) as Record<string, unknown>;
      return { ...row, metadata: { ...metadata, prerelease: prerelease || null } };
    });
  if (shape !== 'the new columns there already') {
    const known = undecided(before).map(({ metadata, ...row }) => ({ ...row, metadata: withoutDecided(metadata) }));
    expect(undecided(again).map(({ metadata, ...row }) => ({ ...row, metadata: withoutDecided(metadata) }))).toEqual(
      known,
    );
  }
  expect(
    await db.rows(
      `select tgname from pg_trigger where tgname in ('project_versions_follow', 'project_versions_keep', 'project_versions_find_metadata')`,
    ),
  ).toEqual([]);
  const forced = await db.admin.query(
    `select relforcerowsecurity as forced from pg_class where relname = 'project_versions_metadata' and relkind = 'r'`,
  );
  expect(forced.rows).toEqual([{ forced: shape === 'row-level security forced' }]);
  expect(await db.migrate()).toMatchObject({
    applied: ['001_version_columns.sql', '007_follow_the_old_table.sql', '008_consolidate.sql'],
  });
  expect(await seenByNewCode()).toEqual(after);
  expect(await wrongWith(db)).toEqual({ state: 'backfill', wrong: [] });
});

/** A parent that does not exist, and whose build took how long, are not the metadata's any more. */
function withoutDecided({ build_duration_ms, ...metadata }: Record<string, unknown>) {
  return metadata;
}

test('what the new system knows goes back too', async () => {
  db = await legacyDatabase(...(legacyShapes['both filled'] ?? []));
  await db.migrate();
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

test('whoever publishes while it goes back is not lost, and going back again takes what came since', async () => {
  db = await legacyDatabase(...(legacyShapes['both filled'] ?? []));
  await db.migrate();
  const api = await db.as('api');
  const first = { projectId: 'p-plain', userId: 'ada', versionId: '01AAAAAAAAAAAAAAAAAAAAAA01' };
  await db.owner.query('begin');
  await db.owner.query(
    `select publish_version_v1('p-plain', '${first.versionId}', 'ada', '{"comment": "Live"}', null)`,
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
  await publish(api, { ...first, versionId: '01AAAAAAAAAAAAAAAAAAAAAA02' }, { comment: 'Later' }, null);
  expect(await back()).toMatchObject({ complete: true });
  expect(await live()).toEqual([{ version_id: '01AAAAAAAAAAAAAAAAAAAAAA02', user_comment: 'Later' }]);
});

test('a deployment that was asked for before it does not undo it', async () => {
  db = await legacyDatabase(...(legacyShapes['both filled'] ?? []));
  const askedAt = Date.now();
  await db.migrate({ through: 'expand', askedAt });
  await back();
  await expect(db.migrate({ askedAt })).rejects.toThrow('the migrations were taken back meanwhile');
  expect(await db.migrate()).toMatchObject({ complete: true });
});

test('from the middle of the backfill, broken off itself, and a deployment in the middle of the way back', async () => {
  db = await legacyDatabase(...(legacyShapes['no publication columns'] ?? []));
  await db.migrate({ through: 'expand' });
  const before = await seenByNewCode();
  // The backfill stops with its tenth batch or so, the way back after its first calls.
  db.dataApi.faults.add({ kind: 'dropped-before', sql: 'list_unplaced_batch(:after', count: 10_000 });
  expect(await db.migrate({ until: Date.now() + 2_500 })).toMatchObject({ complete: false });
  expect(await wrongWith(db)).toEqual({ state: 'expand', wrong: [] });
  db.dataApi.faults.clear();
  db.dataApi.faults.add({ kind: 'dropped-before', sql: 'carry_back_batch(:after', count: 10_000 });
  expect(await back(700)).toMatchObject({ complete: false });
  expect(await wrongWith(db)).toMatchObject({
    state: undefined,
    wrong: [expect.stringContaining('the migrations are under way')],
  });
  db.dataApi.faults.clear();
  // What goes on with the deployment's backfill finds that it was taken back.
  expect(await db.migrate({ continues: true })).toEqual({ complete: true, applied: [] });
  expect(await seenByNewCode()).toEqual(before);
  expect(await db.migrate()).toMatchObject({ complete: true });
  expect(await back()).toMatchObject({ complete: true });
  expect(await db.rows(`select version_id from project_versions where metadata_status = 'ready'`)).toEqual([]);
});

test('before there is anything to go back from, nothing happens; and after the old table is dropped it says so', async () => {
  db = await legacyDatabase(...(legacyShapes['both filled'] ?? []));
  expect(await back()).toMatchObject({ complete: true });
  await db.migrate();
  await db.owner.query(`update project_versions_consolidation set backfilled_at = now() - interval '8 days'`);
  await db.migrate({ through: 'contract' });
  await expect(back()).rejects.toThrow(/the old table is dropped: there is no way back/);
});
