import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInput, NotFound } from '../../../functions/platform/errors.ts';
import { parse } from '../../../functions/platform/parse.ts';
import { listQuery, listVersions, type VersionPage } from '../../../functions/versions/list.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

const list = (project: string, query: Record<string, string> = {}, user = 'owner'): Promise<VersionPage> => {
  const { userId: _, ...parsed } = parse(listQuery, query);
  return listVersions(system.api, project, user, parsed);
};

interface Row {
  version_id: string;
  [column: string]: unknown;
}

async function insert(project: string, rows: Row[]): Promise<void> {
  await system.owner.query(
    `insert into project_versions (project_id, user_id, prompt, status, version_id, created_at, change_type, is_published, soft_deleted_at,
                                   version_description, user_comment, ai_json, prompt_metadata)
     select $1, coalesce(r.user_id, 'owner'), 'prompt', coalesce(r.status, 'deployed'), r.version_id,
            coalesce(r.created_at, now()), r.change_type, coalesce(r.is_published, false), r.soft_deleted_at,
            r.version_description, r.user_comment, r.ai_json, r.prompt_metadata
       from jsonb_populate_recordset(null::project_versions, $2) r`,
    [project, JSON.stringify(rows)],
  );
}

const ids = ({ versions }: VersionPage): string[] => versions.map(({ id }) => id);

describe('what is shown', () => {
  beforeAll(() =>
    insert('views', [
      { version_id: 'building', status: 'building', created_at: '2026-01-01T00:00:08Z' },
      { version_id: 'no-metadata', created_at: '2026-01-01T00:00:07Z' },
      { version_id: 'rollback', change_type: 'rollback', created_at: '2026-01-01T00:00:06Z' },
      { version_id: 'checkpoint', change_type: 'patch', created_at: '2026-01-01T00:00:05Z' },
      { version_id: 'minor', change_type: 'minor', created_at: '2026-01-01T00:00:04Z' },
      {
        version_id: 'deleted',
        change_type: 'major',
        soft_deleted_at: '2026-02-01T00:00:00Z',
        created_at: '2026-01-01T00:00:03Z',
      },
      { version_id: 'published', change_type: 'major', is_published: true, created_at: '2026-01-01T00:00:02Z' },
    ]),
  );

  test('a version without metadata and a rollback are never hidden; checkpoints and deleted ones are by default', async () => {
    const page = await list('views');
    expect(ids(page)).toEqual(['building', 'no-metadata', 'rollback', 'minor', 'published']);
    expect(page.total).toBe(5);
  });

  test.each([
    [{ includeCheckpoints: 'true' }, ['building', 'no-metadata', 'rollback', 'checkpoint', 'minor', 'published']],
    [{ showDeleted: 'true' }, ['building', 'no-metadata', 'rollback', 'minor', 'deleted', 'published']],
    [{ state: 'published' }, ['published']],
    [{ state: 'unpublished' }, ['building', 'no-metadata', 'rollback', 'minor']],
  ])('%j shows %j', async (query, expected) => {
    const page = await list('views', query);
    expect(ids(page)).toEqual(expected);
    expect(page.total).toBe(expected.length);
  });

  test('what is not known is null, never a made-up 1.0.0', async () => {
    const { versions } = await list('views', { limit: '2' });
    expect(versions[1]).toMatchObject({ semver: null, name: null, stats: { filesChanged: null }, publishedAt: null });
  });

  test('an item has exactly the fields of the contract, dates in ISO 8601 UTC', async () => {
    const { versions } = await list('views', { limit: '1' });
    expect(Object.keys(versions[0] ?? {})).toEqual([
      ...[
        'id',
        'semver',
        'name',
        'description',
        'type',
        'status',
        'createdAt',
        'deployedAt',
        'isPublished',
        'publishedAt',
      ],
      ...['publishedBy', 'userComment', 'previewUrl', 'canPreview', 'canPublish', 'canUnpublish', 'canRollback'],
      ...[
        'canDelete',
        'reasons',
        'metadataStatus',
        'metadataError',
        'breakingRisk',
        'autoClassified',
        'confidence',
        'parentId',
        'deletedAt',
        'stats',
      ],
    ]);
    expect(versions[0]?.createdAt).toBe('2026-01-01T00:00:08.000Z');
  });
});

describe('tenants', () => {
  test("another user's project answers as one that does not exist", async () => {
    await insert('secret', [{ version_id: 'secret-1' }]);
    const foreign = await list('secret', {}, 'stranger').catch((error: Error) => error);
    const missing = await list('no-such-project', {}, 'stranger').catch((error: Error) => error);
    expect(foreign).toBeInstanceOf(NotFound);
    expect(foreign).toEqual(missing);
  });

  test('a project whose versions a filter hides all of is an empty page, not a 404', async () => {
    await insert('hidden', [{ version_id: 'hidden-1', change_type: 'patch' }]);
    expect(await list('hidden')).toEqual({ versions: [], total: 0, nextCursor: null });
  });

  test('in a legacy project of two owners each sees their own', async () => {
    await insert('shared', [
      { version_id: 'hers', user_id: 'her' },
      { version_id: 'his', user_id: 'him' },
    ]);
    expect(ids(await list('shared', {}, 'her'))).toEqual(['hers']);
    expect((await list('shared', {}, 'her')).total).toBe(1);
  });
});

describe('pages', () => {
  const many = Array.from({ length: 57 }, (_, index) => ({
    version_id: `many-${String(index).padStart(3, '0')}`,
    // Three rows share each microsecond: only the tie-break keeps pages from repeating and skipping.
    created_at: `2026-03-01T00:00:00.${String(100_000 + Math.floor(index / 3)).padStart(6, '0')}Z`,
  }));
  const newestFirst = many.map(({ version_id }) => version_id).reverse();
  beforeAll(() => insert('many', many));

  test('a walk by cursor meets every version once, newest first, and counts on the first page alone', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: VersionPage = await list('many', { limit: '10', ...(cursor && { cursor }) });
      expect(page.total).toBe(cursor ? null : 57);
      seen.push(...ids(page));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual(newestFirst);
  });

  test('offsets answer the same rows as a walk', async () => {
    for (const offset of [0, 1, 2, 30, 56, 57, 58, 1_000_000]) {
      const page = await list('many', { limit: '10', offset: String(offset) });
      expect(ids(page)).toEqual(newestFirst.slice(offset, offset + 10));
      expect(page.total).toBe(57);
    }
  });

  test('a cursor goes on where it was while versions are inserted and deleted around it', async () => {
    await insert(
      'moving',
      many.map(({ version_id, created_at }) => ({ version_id: `m-${version_id}`, created_at })),
    );
    const first = await list('moving', { limit: '10' });
    await insert('moving', [{ version_id: 'newcomer' }]);
    const last = first.versions.at(-1)?.id;
    await system.owner.query(`delete from project_versions where version_id = $1`, [last]);
    const second = await list('moving', { limit: '10', cursor: first.nextCursor ?? '' });
    expect(ids(second)).toEqual(newestFirst.slice(10, 20).map((id) => `m-${id}`));
  });

  test('a cursor of other filters, a broken one, and one beside an offset are refused by name', async () => {
    const { nextCursor } = await list('many', { limit: '10' });
    const cursor = nextCursor ?? '';
    for (const query of [
      { cursor, state: 'published' },
      { cursor: `${cursor}A` },
      { cursor: 'nonsense' },
      { cursor, offset: '1' },
    ] as Record<string, string>[]) {
      await expect(list('many', query)).rejects.toThrow(InvalidInput);
    }
    await expect(list('moving', { cursor })).rejects.toThrow('of another query');
  });

  test.each([
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ limit: '1.5' }, 'limit'],
    [{ limit: '10,20' }, 'limit'],
    [{ offset: '-1' }, 'offset'],
    [{ state: 'gone' }, 'state'],
    [{ includeCheckpoints: 'yes' }, 'includeCheckpoints'],
    [{ pageSize: '10' }, 'pageSize'],
  ])('%j is refused and named', (query, field) => {
    expect(() => parse(listQuery, query)).toThrow(field);
  });

  test('an unknown parameter is told what there is', () => {
    expect(() => parse(listQuery, { pageSize: '10' })).toThrow('allowed: limit, offset, cursor');
  });
});

test('a hundred rows with the fattest texts stay within what the Data API answers, each row within its 64 KB', async () => {
  await system.owner.query(
    `insert into project_versions (project_id, version_id, user_id, prompt, status, version_description, user_comment, ai_json)
     select 'fat', 'fat-' || i, 'owner', fat, 'deployed', fat, fat, to_jsonb(fat)
       from generate_series(1, 101) i, repeat('😀', 100000) fat`,
  );
  const { versions } = await list('fat', { limit: '100' });
  expect(versions).toHaveLength(100);
  expect([...(versions[0]?.description ?? '')]).toHaveLength(500);
});
