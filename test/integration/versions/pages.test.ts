import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InvalidInput, NotFound } from '../../../functions/platform/errors.ts';
import { parse } from '../../../functions/platform/parse.ts';
import { listQuery, listVersions } from '../../../functions/versions/list.ts';
import { listPublications, publicationsQuery } from '../../../functions/versions/publications.ts';
import { publish } from '../../../functions/versions/publish.ts';
import { runs } from '../../support/effort.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';
import { build } from '../../support/versions.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());

const list = (project: string, query: Record<string, string>) =>
  listVersions(system.api, project, 'owner', parse(listQuery, query));
const log = (project: string, query: Record<string, string>) =>
  listPublications(system.api, project, 'owner', parse(publicationsQuery, query));

// A control character of an old row is \u0001 in JSON, and \\u0001 in the JSON of the Data API's answer, which may have 1 MiB.
test('a page of rows too heavy for one answer ends early, and the next goes on where it ended', async () => {
  await system.owner.query(`
    insert into project_versions
      (project_id, user_id, prompt, version_id, status, change_type, version_name, version_description, user_comment, preview_url, created_at)
    select 'heavy', 'owner', 'p', 'v' || lpad(n::text, 4, '0'), 'deployed', 'minor', repeat(E'\\x01', 100), 'find ' || repeat(E'\\x02', 495),
           repeat(E'\\x03', 500), 'https://a.test/' || repeat(E'\\x04', 2033), timestamptz '2026-01-01' + n * interval '1 minute'
      from generate_series(1, 150) n`);
  for (const query of [
    {},
    { includeCheckpoints: 'true' },
    { status: 'deployed' },
    { q: 'find' },
    { showDeleted: 'true' },
  ]) {
    const seen: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page = await list('heavy', { ...query, limit: '100', ...(cursor && { cursor }) });
      seen.push(...page.versions.map(({ id }) => id));
      ({ nextCursor: cursor } = page);
      expect(++pages).toBeLessThan(20);
    } while (cursor);
    expect(pages).toBeGreaterThan(2);
    expect(seen).toEqual(Array.from({ length: 150 }, (_, n) => `v${String(150 - n).padStart(4, '0')}`));
  }
});

test('a hundred rows of the longest texts a person may write are one page', async () => {
  await system.owner.query(`
    insert into project_versions (project_id, user_id, prompt, version_id, status, change_type, version_name, version_description, user_comment)
    select 'long', 'owner', 'p', 'l' || n, 'deployed', 'minor', repeat('"', 100), repeat('"', 5000), repeat('"', 500)
      from generate_series(1, 100) n`);
  const { versions, nextCursor } = await list('long', { limit: '100' });
  expect(versions).toHaveLength(100);
  expect(nextCursor).toBeNull();
});

/** A cursor of the same query as `cursor`, with another key and a right checksum: anyone can make one. */
function forged(cursor: string, key: Uint8Array): string {
  const body = Buffer.concat([Buffer.from(cursor, 'base64url').subarray(4, 8), key]);
  return Buffer.concat([createHash('sha256').update(body).digest().subarray(0, 4), body]).toString('base64url');
}

test('whatever the key of a cursor is, the answer is a page or a clear refusal', async () => {
  const targets = [await build(system, 'forged', 'f1'), await build(system, 'forged', 'f2')];
  for (const target of targets) await publish(system.api, target, {}, null);
  const routes = [
    { page: list, query: {}, cursor: (await list('forged', { limit: '1' })).nextCursor },
    {
      page: list,
      query: { includeCheckpoints: 'true' },
      cursor: (await list('forged', { limit: '1', includeCheckpoints: 'true' })).nextCursor,
    },
    { page: log, query: {}, cursor: (await log('forged', { limit: '1' })).nextCursor },
  ];
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const edges = [
    0n,
    -1n,
    2n ** 53n,
    2n ** 53n - 1n,
    -(2n ** 53n),
    2n ** 63n - 1n,
    -(2n ** 63n),
    8_640_000_000_000_001n,
  ];
  const number = fc.oneof(int64, fc.constantFrom(...edges)).map((value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  });
  const key = fc.oneof(
    number,
    fc.tuple(number, fc.uint8Array({ maxLength: 40 })).map(([head, tail]) => Buffer.concat([head, tail])),
    fc.uint8Array({ maxLength: 300 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...routes), key, async ({ page, query, cursor }, bytes) => {
      const asked = { ...query, cursor: forged(cursor ?? '', bytes) };
      await page('forged', asked).catch((error: unknown) => {
        if (!(error instanceof InvalidInput || error instanceof NotFound)) throw error;
      });
    }),
    runs(300),
  );
});
