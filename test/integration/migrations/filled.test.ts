import { afterAll, beforeAll, expect, test } from 'vitest';
import { listQuery, listVersions } from '../../../functions/versions/list.ts';
import { conserved } from '../../support/conserved.ts';
import { legacyMetadata, legacyPublications, legacyVersions } from '../../support/legacy-data.ts';
import { type LegacyDatabase, legacyDatabase, legacyTables } from '../../support/legacy-database.ts';

let db: LegacyDatabase;
beforeAll(async () => {
  db = await legacyDatabase(await legacyTables(), legacyVersions, legacyMetadata, legacyPublications);
  await conserved(db, () => db.migrate());
});
afterAll(() => db?.close());

test('every column of the metadata arrives, and only where it belongs', async () => {
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({
    major_version: 0,
    minor_version: 3,
    patch_version: 2,
    prerelease: null,
    version_name: 'First',
    version_description: 'The first one',
    change_type: 'minor',
    breaking_risk: 'low',
    auto_classified: true,
    classification_confidence: '0.90',
    classification_reasoning: 'new page',
    base_version_id: null,
    from_recommendation_id: '7',
    files_changed: 12,
    lines_added: 340,
    lines_removed: 5,
    git_commit_sha: 'c0ffee',
    git_tag: 'v0.3.2',
    build_duration_ms: 900,
    published_at: new Date('2024-06-01T10:00:00.123Z'),
    published_by_user_id: 'ada',
    user_comment: 'old',
    deployed_at: new Date('2024-01-01T11:00Z'),
    updated_at: new Date('2024-01-01T11:00Z'),
    metadata_status: 'ready',
    metadata_error: null,
  });
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA02')).toMatchObject({
    major_version: 1,
    prerelease: 'rc.1',
    auto_classified: false,
    build_duration_ms: 700,
    is_published: true,
    parent_version_id: '01AAAAAAAAAAAAAAAAAAAAAA01',
    base_version_id: '01AAAAAAAAAAAAAAAAAAAAAA01',
    files_changed: 0,
    soft_deleted_at: null,
  });
  expect(await db.version('short')).toMatchObject({
    major_version: 1,
    minor_version: 2,
    patch_version: 3,
    prerelease: null,
    change_type: 'patch',
    base_version_id: 'short-base',
    parent_version_id: null,
  });
  // character(26) cuts what is longer: the first 26 characters of this id are another version's.
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA01-and-longer')).toMatchObject({
    version_name: null,
    metadata_status: 'none',
  });
});

test('what has no metadata stays visible, without an invented number and without being queued', async () => {
  const nothing = {
    major_version: null,
    change_type: null,
    files_changed: null,
    metadata_status: 'none',
    is_published: false,
  };
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA03')).toMatchObject({
    ...nothing,
    deployed_at: new Date('2024-01-03T10:30Z'),
  });
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA04')).toMatchObject({ ...nothing, deployed_at: null });
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA05')).toMatchObject({ ...nothing, deployed_at: null });
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA06')).toMatchObject({
    ...nothing,
    created_at: new Date('2024-01-06T10:00Z'),
  });
  await db.owner.query(
    `insert into project_versions (version_id, project_id, user_id, prompt, status) values ('new', 'p', 'u', 'x', 'building')`,
  );
  expect(await db.version('new')).toMatchObject({ metadata_status: 'pending', is_published: false });
  await expect(db.owner.query(`update project_versions set created_at = null`)).rejects.toThrow(/not-null/);
  await expect(db.owner.query(`update project_versions set change_type = 'hotfix'`)).rejects.toThrow(
    /change_type_known/,
  );
  await expect(db.owner.query(`update project_versions set metadata_status = 'x'`)).rejects.toThrow(/status_known/);
  await expect(db.owner.query(`update project_versions set breaking_risk = 'x'`)).rejects.toThrow(/risk_known/);
});

test('of several published versions the latest stays, a deleted one only alone', async () => {
  expect(await db.rows(`select version_id from project_versions where is_published order by 1`)).toEqual([
    { version_id: '01AAAAAAAAAAAAAAAAAAAAAA02' },
    { version_id: '01CCCCCCCCCCCCCCCCCCCCCC01' },
  ]);
  expect(await db.version('01AAAAAAAAAAAAAAAAAAAAAA01')).toMatchObject({
    is_published: false,
    published_by_user_id: 'ada',
  });
  await expect(
    db.owner.query(`update project_versions set is_published = true where project_id = 'p-plain'`),
  ).rejects.toThrow(/project_versions_one_published/);
});

test('after the last migration the whole history of a project is in the list, newest first', async () => {
  const { versions, total } = await listVersions(db.database, 'p-plain', 'ada', listQuery.parse({}));
  expect(total).toBe(6);
  expect(versions.map(({ id, semver, metadataStatus }) => [id.slice(-2), semver, metadataStatus])).toEqual([
    ['06', null, 'none'],
    ['05', null, 'none'],
    ['04', null, 'none'],
    ['03', null, 'none'],
    ['02', '1.0.0-rc.1', 'ready'],
    ['01', '0.3.2', 'ready'],
  ]);
});

test('what does not fit is listed and kept, not skipped in silence', async () => {
  expect(await db.findings()).toEqual([
    { kind: 'equal_numbers', id: '01CCCCCCCCCCCCCCCCCCCCCC01' },
    { kind: 'mismatched_metadata', id: '01BBBBBBBBBBBBBBBBBBBBBB01' },
    { kind: 'mismatched_metadata', id: '01BBBBBBBBBBBBBBBBBBBBBB02' },
    { kind: 'orphaned_metadata', id: '01FFFFFFFFFFFFFFFFFFFFFF01' },
    { kind: 'several_owners', id: 'p-owners' },
    { kind: 'several_published', id: '01AAAAAAAAAAAAAAAAAAAAAA01' },
    { kind: 'several_published', id: '01CCCCCCCCCCCCCCCCCCCCCC02' },
    { kind: 'unknown_change_type', id: '01EEEEEEEEEEEEEEEEEEEEEE02' },
  ]);
  // Somebody else's text is not applied, nor is their publication.
  for (const id of ['01BBBBBBBBBBBBBBBBBBBBBB01', '01BBBBBBBBBBBBBBBBBBBBBB02'])
    expect(await db.version(id)).toMatchObject({ version_name: null, is_published: false, metadata_status: 'none' });
  expect(await db.version('01EEEEEEEEEEEEEEEEEEEEEE01')).toMatchObject({ change_type: 'rollback' });
  expect(await db.version('01EEEEEEEEEEEEEEEEEEEEEE02')).toMatchObject({ change_type: null, patch_version: 1 });
});
