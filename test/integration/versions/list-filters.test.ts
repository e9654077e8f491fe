import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../functions/platform/errors.ts';
import { parse } from '../../../functions/platform/parse.ts';
import { listQuery, listVersions, type VersionPage } from '../../../functions/versions/list.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

const list = async (project: string, query: Record<string, string>): Promise<VersionPage> =>
  listVersions(system.api, project, 'owner', parse(listQuery, query));

const ids = ({ versions }: VersionPage): string[] => versions.map(({ id }) => id);

describe('by type, status and time', () => {
  beforeAll(() =>
    system.owner.query(
      `insert into project_versions (project_id, user_id, prompt, version_id, status, change_type, created_at, soft_deleted_at)
       values ('kinds', 'owner', 'p', 'building', 'building', null, '2026-01-07T00:00:00Z', null),
              ('kinds', 'owner', 'p', 'failed', 'failed', null, '2026-01-06T00:00:00Z', null),
              ('kinds', 'owner', 'p', 'rollback', 'deployed', 'rollback', '2026-01-05T00:00:00Z', null),
              ('kinds', 'owner', 'p', 'patch', 'deployed', 'patch', '2026-01-04T00:00:00Z', null),
              ('kinds', 'owner', 'p', 'gone', 'deployed', 'minor', '2026-01-03T12:00:00Z', now()),
              ('kinds', 'owner', 'p', 'minor', 'deployed', 'minor', '2026-01-03T00:00:00.000999Z', null),
              ('kinds', 'owner', 'p', 'major', 'deployed', 'major', '2026-01-02T00:00:00Z', null)`,
    ),
  );

  test.each<[Record<string, string>, string[]]>([
    [{ type: 'major' }, ['major']],
    [{ type: 'minor' }, ['minor']],
    [{ type: 'minor', showDeleted: 'true' }, ['gone', 'minor']],
    [{ type: 'rollback' }, ['rollback']],
    [{ type: 'patch' }, ['patch']],
    [{ status: 'building' }, ['building']],
    [{ status: 'failed' }, ['failed']],
    [{ status: 'deployed' }, ['rollback', 'minor', 'major']],
    [{ status: 'deployed', includeCheckpoints: 'true' }, ['rollback', 'patch', 'minor', 'major']],
    [{ type: 'minor', status: 'failed' }, []],
    [{ since: '2026-01-05T00:00:00Z' }, ['building', 'failed', 'rollback']],
    [{ until: '2026-01-05T00:00:00Z' }, ['minor', 'major']],
    [{ until: '2026-01-05T01:00:00+01:00' }, ['minor', 'major']],
    // A createdAt a client has seen holds milliseconds: the version it came from is in.
    [{ since: '2026-01-03T00:00:00.000Z', until: '2026-01-03T00:00:00.001Z' }, ['minor']],
    [{ since: '2026-01-06T00:00:00Z', until: '2026-01-02T00:00:00Z' }, []],
    [{ since: '2026-01-02T00:00:00Z', until: '2026-01-06T00:00:00Z', type: 'major' }, ['major']],
  ])('%j shows %j and counts them', async (query, expected) => {
    const page = await list('kinds', query);
    expect(ids(page)).toEqual(expected);
    expect(page.total).toBe(expected.length);
  });

  test('pages of a filter go on by cursor and by offset, within its bounds', async () => {
    const filter = { until: '2026-01-06T00:00:00Z', includeCheckpoints: 'true', status: 'deployed', limit: '1' };
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: VersionPage = await list('kinds', { ...filter, ...(cursor && { cursor }) });
      expect(ids(await list('kinds', { ...filter, offset: String(seen.length) }))).toEqual(ids(page));
      seen.push(...ids(page));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual(['rollback', 'patch', 'minor', 'major']);
  });

  test.each<Record<string, string>>([
    { type: 'huge' },
    { status: 'ready' },
    { since: 'yesterday' },
    { since: '2026-01-05' },
    { until: '2026-01-05T00:00:00' },
    { since: '2026-01-05T00:00:00.0001Z' },
    { since: '0001-01-01T00:00:00Z' },
    { until: '9999-12-31T23:59:59Z' },
    { q: '' },
    { q: 'x'.repeat(101) },
    { q: 'a\0b' },
  ])('%j is refused and named', (query) => {
    expect(() => parse(listQuery, query)).toThrow(Object.keys(query)[0]);
  });
});

describe('a search', () => {
  beforeAll(() =>
    system.owner.query(
      `insert into project_versions (project_id, user_id, prompt, version_id, status, change_type, created_at, version_name, version_description)
       select 'texts', 'owner', 'p', 'texts-' || lpad(i::text, 4, '0'), 'deployed', case when i % 3 = 0 then 'patch' end, '2026-01-01'::timestamptz + i * interval '1 second',
              case when i % 1000 = 1 then 'Dark Mode' end, case i when 2 then '100% _DARK_' else 'light' end
         from generate_series(1, 9000) i`,
    ),
  );

  const walk = async (query: Record<string, string>) => {
    const pages: string[][] = [];
    let cursor: string | null = null;
    do {
      const page: VersionPage = await list('texts', { ...query, ...(cursor && { cursor }) });
      expect(page.total).toBeNull();
      pages.push(ids(page));
      cursor = page.nextCursor;
    } while (cursor);
    return pages;
  };

  // 0001, 1001, ... 8001 are called Dark Mode; those divisible by three are checkpoints.
  const dark = ['8001', '7001', '6001', '5001', '4001', '3001', '2001', '1001', '0002', '0001']
    .filter((digits) => Number(digits) % 3 !== 0)
    .map((digits) => `texts-${digits}`);

  test('finds upper and lower case in name and description, in all of the history, some of it a page', async () => {
    const pages = await walk({ q: 'dark' });
    expect(pages.flat()).toEqual(dark);
    // 6,000 are shown; each request looks at 2,000 of them.
    expect(pages).toHaveLength(4);
  });

  test('goes on after a full page where that page ended', async () => {
    expect((await walk({ q: 'DARK', limit: '2' })).flat()).toEqual(dark);
  });

  test('takes % and _ as they are, and other filters with it', async () => {
    expect((await walk({ q: '% _' })).flat()).toEqual(['texts-0002']);
    expect((await walk({ q: 'dark', type: 'patch' })).flat()).toEqual(['texts-8001', 'texts-5001', 'texts-2001']);
    expect((await walk({ q: 'dark', status: 'failed' })).flat()).toEqual([]);
    expect((await walk({ q: 'dark', until: '2026-01-01T00:00:03Z' })).flat()).toEqual(['texts-0002', 'texts-0001']);
  });

  test('cannot be skipped into, and its cursor is its own', async () => {
    await expect(list('texts', { q: 'dark', offset: '1' })).rejects.toThrow('offset');
    const { nextCursor } = await list('texts', { q: 'dark' });
    await expect(list('texts', { q: 'light', cursor: nextCursor ?? '' })).rejects.toThrow(InvalidInput);
  });
});
