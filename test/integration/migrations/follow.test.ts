import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../functions/platform/database.ts';
import { edit } from '../../../functions/versions/edit.ts';
import { publish } from '../../../functions/versions/publish.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { generateBatch } from '../../support/generate.ts';
import { type LegacyDatabase, migratedOnce, ownMigrations } from '../../support/legacy-database.ts';
import { legacyShapes } from '../../support/legacy-shapes.ts';
import { replayLog } from '../../support/versions.ts';
import { eventually } from '../../support/wait.ts';

let db: LegacyDatabase;
/** The old system's code: a role of its own that has never heard of our tables. */
let old: pg.Client;
let api: Database;
let worker: Database;
afterEach(async () => {
  await old.end();
  await db.close();
});

const [FIRST, SECOND, BARE] = [
  '01AAAAAAAAAAAAAAAAAAAAAA01',
  '01AAAAAAAAAAAAAAAAAAAAAA02',
  '01AAAAAAAAAAAAAAAAAAAAAA03',
];
const NEW = '01K00000000000000000000NEW';

const insertMetadata = (id: string, columns = '', values = '') =>
  `insert into project_versions_metadata (version_id, project_id, user_id, major_version, minor_version, patch_version, version_name, change_type${columns})
   values ('${id}', 'p-plain', 'ada', 7, 1, 2, 'From the old code', 'minor'${values})`;
const insertVersion = (id: string) =>
  `insert into project_versions (version_id, project_id, user_id, prompt, status) values ('${id}', 'p-plain', 'ada', 'x', 'deployed')`;

const published = async () =>
  (await db.rows(`select version_id from project_versions where project_id = 'p-plain' and is_published`)).map(
    ({ version_id }) => version_id,
  );

async function connectOld(): Promise<pg.Client> {
  const role = `${db.test.database}_old`;
  await db.owner.query(`create role ${role} login password 'old'`);
  await db.owner.query(
    `grant select, insert, update, delete on project_versions, project_versions_metadata to ${role}`,
  );
  const client = new pg.Client({ ...db.test, user: role, password: 'old' });
  await client.connect();
  return client;
}

const files = await ownMigrations();
const followed = files.slice(0, files.findIndex(({ name }) => name === 'legacy/003_follow.sql') + 1);

describe.each([
  ['before versions are carried over', followed],
  ['after', files],
])('%s, what an old writer', (_, migrations) => {
  let original: Awaited<ReturnType<typeof migratedOnce>>;
  beforeAll(async () => {
    original = await migratedOnce(legacyShapes['both filled'] ?? [], 'backfill', migrations);
  });
  afterAll(() => original.drop());
  beforeEach(async () => {
    db = await original.copy();
    old = await connectOld();
  });

  test('inserts arrives in the same transaction', async () => {
    await old.query('begin');
    await old.query(insertMetadata(BARE, ', files_changed', ', 9'));
    expect((await old.query(`select version_name from project_versions where version_id = '${BARE}'`)).rows).toEqual([
      { version_name: 'From the old code' },
    ]);
    await old.query('rollback');
    expect(await db.version(BARE)).toMatchObject({ version_name: null, metadata_status: 'none' });
    await old.query(insertMetadata(BARE, ', files_changed', ', 9'));
    expect(await db.version(BARE)).toMatchObject({
      version_name: 'From the old code',
      major_version: 7,
      files_changed: 9,
      metadata_status: 'ready',
    });
  });

  test('inserts before the version arrives with it', async () => {
    await old.query(insertMetadata(NEW));
    await old.query(insertVersion(NEW));
    expect(await db.version(NEW)).toMatchObject({ version_name: 'From the old code', metadata_status: 'ready' });
  });

  test('inserts in one transaction of many rows arrives, and leaves room for the locks of others', async () => {
    const many = 'generate_series(1, 1500) n';
    const id = `'01B' || lpad(n::text, 23, '0')`;
    await old.query('begin');
    await old.query(
      `insert into project_versions (version_id, project_id, user_id, prompt, status) select ${id}, 'p-many', 'ada', 'x', 'deployed' from ${many}`,
    );
    await old.query(
      `insert into project_versions_metadata (version_id, project_id, user_id, version_name, change_type, major_version, minor_version, patch_version)
       select ${id}, 'p-many', 'ada', 'Name ' || n, 'patch', 1, 0, n from ${many}`,
    );
    // PostgreSQL has room for 64 a connection, for all together: a lock a version ended in "out of shared memory".
    const { rows } = await old.query(
      `select count(distinct objid)::int as locks from pg_locks where locktype = 'advisory'`,
    );
    expect(rows[0].locks).toBeLessThanOrEqual(1_100);
    await old.query('commit');
    const arrived = await db.rows(
      `select from project_versions where project_id = 'p-many' and version_name is not null`,
    );
    expect(arrived).toHaveLength(1_500);
  });

  test.each([
    ['metadata first', insertMetadata(NEW), insertVersion(NEW)],
    ['version first', insertVersion(NEW), insertMetadata(NEW)],
  ])('inserts at the same moment in two transactions arrives, %s', async (_, first, second) => {
    const other = new pg.Client({ ...db.test, user: `${db.test.database}_old`, password: 'old' });
    await other.connect();
    await old.query('begin');
    await old.query(first);
    const waiting = other.query(second);
    await eventually('the second waits for the first', async () => {
      const { rowCount } = await db.admin.query(`select from pg_locks where not granted and locktype = 'advisory'`);
      return rowCount === 1;
    });
    await old.query('commit');
    await waiting;
    await other.end();
    expect(await db.version(NEW)).toMatchObject({ version_name: 'From the old code', metadata_status: 'ready' });
  });

  test('updates arrives column by column, and updated_at moves', async () => {
    await old.query(`update project_versions_metadata set version_description = 'Other words', minor_version = 4
                      where version_id = '${FIRST}'`);
    expect(await db.version(FIRST)).toMatchObject({
      version_name: 'First',
      version_description: 'Other words',
      major_version: 0,
      minor_version: 4,
      patch_version: 2,
    });
    expect((await db.version(FIRST))?.updated_at).not.toEqual(new Date('2024-01-01T11:00Z'));
  });

  test('publishes takes off the one that was, and is in the log; so does unpublishing', async () => {
    await old.query(`update project_versions_metadata set is_published = true, published_at = now(), published_by_user_id = 'ada',
                            user_comment = 'there' where version_id = '${FIRST}'`);
    expect(await published()).toEqual([FIRST]);
    await old.query(insertMetadata(BARE, ', is_published', ', true'));
    expect(await published()).toEqual([BARE]);
    await old.query(`update project_versions_metadata set is_published = false where version_id = '${BARE}'`);
    expect(await published()).toEqual([]);
    expect(
      await db.rows(
        `select action, version_id, comment from version_history.publications where project_id = 'p-plain' order by id`,
      ),
    ).toEqual([
      { action: 'published', version_id: FIRST, comment: 'there' },
      { action: 'published', version_id: BARE, comment: null },
      { action: 'unpublished', version_id: BARE, comment: null },
    ]);
  });

  test('deletes takes nothing from the version', async () => {
    await old.query(`delete from project_versions_metadata where version_id = '${FIRST}'`);
    expect(await db.version(FIRST)).toMatchObject({
      version_name: 'First',
      major_version: 0,
      metadata_status: 'ready',
    });
    await old.query(`delete from project_versions where version_id = '${FIRST}'`);
    expect(await db.version(FIRST)).toBeUndefined();
  });

  test('writes to somebody else’s version changes nothing there', async () => {
    await old.query(
      `update project_versions_metadata set is_published = true where version_id = '01BBBBBBBBBBBBBBBBBBBBBB02'`,
    );
    expect(await db.version('01BBBBBBBBBBBBBBBBBBBBBB02')).toMatchObject({ is_published: false, version_name: null });
  });

  test('does is noted, once a minute', async () => {
    const seen = async () => (await db.rows('select old_writer_seen_at as at from version_history.takeover'))[0]?.at;
    expect(await seen()).toBeNull();
    await old.query(insertMetadata(NEW));
    const first = await seen();
    expect(first).toEqual(expect.any(Date));
    await old.query(`update project_versions_metadata set version_name = 'x' where version_id = '${NEW}'`);
    expect(await seen()).toEqual(first);
  });
});

/** Until a session waits for a lock of another. */
const waits = () =>
  eventually('somebody waits', async () => {
    const { rowCount } = await db.admin.query(`select from pg_locks where not granted`);
    return rowCount === 1;
  });

describe('while versions are carried over', () => {
  let original: Awaited<ReturnType<typeof migratedOnce>>;
  beforeAll(async () => {
    original = await migratedOnce(legacyShapes['both filled'] ?? [], 'expand', followed);
  });
  afterAll(() => original.drop());
  beforeEach(async () => {
    db = await original.copy();
    old = await connectOld();
  });

  test('metadata that changes while a batch waits for its version is not overwritten with what it was', async () => {
    await old.query('begin');
    await old.query(`update project_versions set preview_url = 'x' where version_id = '${FIRST}'`);
    // As the runner does: it steps back when it does not get a lock, and comes again.
    await db.owner.query(`set lock_timeout = '100ms'`);
    const carry = async (): Promise<unknown> =>
      db.owner.query(`select version_history.carry('${FIRST}', '${FIRST}', true)`).catch((error: { code: string }) => {
        if (error.code !== '55P03') throw error;
        return carry();
      });
    const batch = carry();
    await waits();
    await old.query(
      `update project_versions_metadata set version_name = 'After', is_published = false where version_id = '${FIRST}'`,
    );
    await old.query('commit');
    await batch;
    expect(await db.version(FIRST)).toMatchObject({ version_name: 'After', metadata_status: 'ready' });
  });

  test('what is written to the old table while its published version is being carried over is not lost', async () => {
    const carrier = new pg.Client(db.test.url);
    await carrier.connect();
    await carrier.query('begin');
    await carrier.query(`select version_history.carry('${SECOND}', '${SECOND}', true)`);
    const writing = old.query(
      `update project_versions_metadata set version_name = 'After' where version_id = '${SECOND}'`,
    );
    await waits();
    await carrier.query('commit');
    await writing;
    await carrier.end();
    expect(await db.version(SECOND)).toMatchObject({ version_name: 'After', is_published: true });
  });
});

describe('beside the new code', () => {
  let original: Awaited<ReturnType<typeof migratedOnce>>;
  beforeAll(async () => {
    original = await migratedOnce(legacyShapes['both filled'] ?? [], 'expand');
  });
  afterAll(() => original.drop());
  beforeEach(async () => {
    db = await original.copy();
    old = await connectOld();
    [api, worker] = [await db.as('api'), await db.as('worker')];
  });

  test('a classification that comes late does not replace a person of the new system, but a person of the old one does', async () => {
    await edit(api, { projectId: 'p-plain', userId: 'ada', versionId: FIRST }, { name: 'Mine' });
    const late = (values: string) =>
      old.query(`update project_versions_metadata set ${values} where version_id = '${FIRST}'`);
    await late(`version_name = 'Generated', version_description = 'Generated'`);
    expect(await db.version(FIRST)).toMatchObject({ version_name: 'Mine', version_description: 'The first one' });
    await late(`version_name = 'A person there', auto_classified = false`);
    expect(await db.version(FIRST)).toMatchObject({ version_name: 'A person there', auto_classified: false });
  });

  test('a classification that comes late does not replace what a generator of the new system wrote, nor its number', async () => {
    await recordStart(worker, 'p-plain', NEW, { userId: 'ada', prompt: 'Add a search' });
    await recordEnd(worker, 'p-plain', NEW, { status: 'deployed', artifactUrl: 'https://a.example.com' });
    const body = JSON.stringify({ type: 'generate-metadata', versionId: NEW, projectId: 'p-plain' });
    await generateBatch(worker, [{ id: '1', body }]);
    const generated = await db.version(NEW);
    await old.query(insertMetadata(NEW));
    expect(await db.version(NEW)).toMatchObject({
      version_name: generated?.version_name,
      major_version: generated?.major_version,
      metadata_generator: 'rules',
    });
  });

  test('old and new publish by turns: each takes off the one that was, and the log tells it as one story', async () => {
    await old.query(`update project_versions_metadata set is_published = true, published_at = now(), published_by_user_id = 'ada',
                            user_comment = 'there' where version_id = '${FIRST}'`);
    expect(await published()).toEqual([FIRST]);
    await old.query(insertMetadata(BARE, ', is_published', ', true'));
    expect(await published()).toEqual([BARE]);
    await publish(api, { projectId: 'p-plain', userId: 'ada', versionId: SECOND }, {}, null).catch(() => undefined);
    await publish(api, { projectId: 'p-plain', userId: 'ada', versionId: FIRST }, {}, null);
    await old.query(`update project_versions_metadata set is_published = false where version_id = '${FIRST}'`);
    expect(await published()).toEqual([]);
    const log = await db.rows<{ action: 'published'; version_id: string; previous_version_id: string | null }>(
      `select action, version_id, previous_version_id from version_history.publications order by id`,
    );
    const [first, ...rest] = log.map((entry) => ({
      action: entry.action,
      versionId: entry.version_id,
      previousVersionId: entry.previous_version_id,
    }));
    // The first entry follows what was published before there was a log.
    expect(first?.previousVersionId).toBe(SECOND);
    expect(replayLog([{ ...first, previousVersionId: null } as never, ...rest])).toBeNull();
  });

  test('what an old writer deploys is deployed at that moment, and stays so', async () => {
    await old.query(
      `insert into project_versions (version_id, project_id, user_id, prompt, status) values ('${NEW}', 'p-plain', 'ada', 'x', 'building')`,
    );
    await old.query(insertMetadata(NEW));
    expect(await db.version(NEW)).toMatchObject({ deployed_at: null, metadata_status: 'ready' });
    await old.query(`update project_versions set status = 'deployed' where version_id = '${NEW}'`);
    const deployed = (await db.version(NEW))?.deployed_at;
    expect(deployed).toEqual(expect.any(Date));
    // What was deployed before stays deployed when it was, though updated_at moves.
    await old.query(
      `update project_versions set preview_url = 'x', updated_at = now() where version_id in ('${NEW}', '${BARE}')`,
    );
    expect(await db.version(NEW)).toMatchObject({ deployed_at: deployed });
    expect(await db.version(BARE)).toMatchObject({ deployed_at: new Date('2024-01-03T10:30Z') });
  });

  test('an old writer of a version that the old table has published does not wait for a new one in a circle', async () => {
    await old.query('begin');
    await old.query(`update project_versions set preview_url = 'x' where version_id = '${SECOND}'`);
    const began = Date.now();
    const publishing = publish(api, { projectId: 'p-plain', userId: 'ada', versionId: FIRST }, {}, null);
    await waits();
    await old.query(`update project_versions_metadata set version_name = 'After' where version_id = '${SECOND}'`);
    await old.query('commit');
    await publishing;
    expect(Date.now() - began, 'a circle is found after a second').toBeLessThan(900);
    expect(await published()).toEqual([FIRST]);
    expect(await db.version(SECOND)).toMatchObject({ version_name: 'After', is_published: false });
  });

  test('where the old one waits first, too', async () => {
    await old.query('begin');
    await old.query(`update project_versions set preview_url = 'x' where version_id = '${FIRST}'`);
    const holder = new pg.Client(db.test.url);
    await holder.connect();
    await holder.query('begin');
    await holder.query(`select version_history.lock_project('p-plain')`);
    const writing = old.query(
      `update project_versions_metadata set is_published = true, published_at = now() where version_id = '${FIRST}'`,
    );
    await waits();
    // Has the project's lock and now wants the version: as the functions do, which step back after half a second.
    await expect(
      holder.query(`select version_history.publish_version('p-plain', '${FIRST}', 'ada', '{}', null)`),
    ).rejects.toMatchObject({
      code: '55P03',
    });
    await holder.query('rollback');
    await writing;
    await old.query('commit');
    await holder.end();
    expect(await published()).toEqual([FIRST]);
  });

  test('where two do, the new one begins again: nobody fails', async () => {
    await old.query('begin');
    await old.query(`update project_versions set preview_url = 'x' where version_id = '${FIRST}'`);
    const publishing = publish(api, { projectId: 'p-plain', userId: 'ada', versionId: FIRST }, {}, null);
    await waits();
    // The project's lock, which the new one has, and the version, which this one has.
    await old.query(
      `update project_versions_metadata set is_published = true, published_at = now() where version_id = '${FIRST}'`,
    );
    await old.query('commit');
    expect((await publishing).version).toMatchObject({ isPublished: true });
    expect(await published()).toEqual([FIRST]);
  });
});
