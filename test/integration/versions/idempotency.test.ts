import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { KeyReused } from '../../../functions/platform/errors.ts';
import { type Once, onceOf } from '../../../functions/platform/idempotency.ts';
import type { Request } from '../../../functions/platform/request.ts';
import { publish, unpublish } from '../../../functions/versions/publish.ts';
import { recordStart } from '../../../functions/versions/record.ts';
import { rollback } from '../../../functions/versions/rollback.ts';
import { runs } from '../../support/effort.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';
import { build, list, versionId } from '../../support/versions.ts';

let system: MigratedDatabase;
beforeAll(async () => {
  system = await migratedDatabase();
});
afterAll(() => system.close());
afterEach(() => system.dataApi.faults.clear());

/** The worker sees the keys of the pipeline's routes alone. */
const PIPELINE = 'POST /pipeline/projects/{projectId}/versions';

const once = (key: string, hash = 'h', route = 'POST /x'): Once => ({ route, key, hash });

/** How many answers are kept of routes that begin like this. */
async function kept(route: string): Promise<number> {
  const { rows } = await system.owner.query(
    `select count(*)::int as n from version_history.idempotency_keys where route like $1 || '%'`,
    [route],
  );
  return rows[0].n;
}

describe('a request with a key', () => {
  test('is done once: its repeat answers what the first did, though the world has changed', async () => {
    const target = await build(system, 'shop', 'a1');
    const first = await publish(system.api, target, {}, once('a1'));
    await unpublish(system.api, target, { versionId: target.versionId }, null);
    expect(await publish(system.api, target, {}, once('a1'))).toEqual({ ...first, replayed: true });
    expect(await list(system, 'shop', { state: 'published' })).toEqual([]);
  });

  test('makes one version, however many of it come at once', async () => {
    const target = await build(system, 'burst', 'b1');
    for (let round = 1; round <= 10; round += 1) {
      const key = once(`b${round}`);
      const answers = await Promise.all(Array.from({ length: 16 }, () => rollback(system.api, target, {}, key)));
      expect(new Set(answers.map(({ version }) => version.id)).size).toBe(1);
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(await list(system, 'burst')).toHaveLength(1 + round);
    }
  });

  test('of the pipeline that names no version gets the version of the first', async () => {
    const start = (id: string) =>
      recordStart(system.worker, 'minted', versionId(id), { userId: 'owner', prompt: 'x' }, once('c1', 'h', PIPELINE));
    const first = await start('c1');
    expect(first).toMatchObject({ created: true, replayed: false });
    expect(await start('c2')).toEqual({ ...first, replayed: true });
    expect(await list(system, 'minted')).toHaveLength(1);
  });

  test('and other content is refused, and changes nothing', async () => {
    const [one, two] = [await build(system, 'other', 'd1'), await build(system, 'other', 'd2')];
    await publish(system.api, one, {}, once('d1', 'one'));
    await expect(publish(system.api, two, {}, once('d1', 'two'))).rejects.toThrow(KeyReused);
    expect(await list(system, 'other', { state: 'published' })).toMatchObject([{ id: one.versionId }]);
  });

  test('is another one for another caller and on another route', async () => {
    const target = await build(system, 'scope', 'e1');
    await recordStart(
      system.worker,
      'theirs',
      versionId('e2'),
      { userId: 'them', prompt: 'x' },
      once('e1', 'h', PIPELINE),
    );
    expect(await publish(system.api, target, {}, once('e1', 'other'))).toMatchObject({ replayed: false });
    expect(
      await rollback(system.api, await build(system, 'scope', 'e3'), {}, once('e1', 'h', 'POST /y')),
    ).toMatchObject({
      replayed: false,
    });
  });

  test('that was refused may succeed later: only a success is kept', async () => {
    const target = await build(system, 'later', 'f1', null);
    const attempt = () => publish(system.api, target, {}, once('f1', 'h', 'POST /later'));
    await expect(attempt()).rejects.toMatchObject({ reason: 'not_deployed' });
    expect(await kept('POST /later')).toBe(0);
    await system.owner.query(
      `update project_versions set status = 'deployed', artifact_url = 'a' where version_id = $1`,
      [target.versionId],
    );
    expect(await attempt()).toMatchObject({ replayed: false, version: { isPublished: true } });
  });

  test('whose answer got lost finds its own commit', async () => {
    const target = await build(system, 'lost', 'g1');
    system.dataApi.faults.add({ kind: 'dropped-after', sql: 'rollback_version' });
    await rollback(system.api, target, {}, once('g1')).catch(() => {});
    await rollback(system.api, target, {}, once('g1'));
    expect(await list(system, 'lost')).toHaveLength(2);
  });

  test('is forgotten after 24 hours, and the oldest are removed a few at a time', async () => {
    const target = await build(system, 'old', 'h1');
    const key = once('h1', 'h', 'POST /old/now');
    await publish(system.api, target, {}, key);
    await system.owner.query(
      `insert into version_history.idempotency_keys (caller, route, key, request_hash, answer, created_at)
       select 'somebody', 'POST /old/' || n, 'k', 'h', '{}', now() - interval '25 hours' from generate_series(1, 12) n`,
    );
    const age = (hours: number) =>
      system.owner.query(
        `update version_history.idempotency_keys set created_at = now() - $1 * interval '1 hour' where route = 'POST /old/now'`,
        [hours],
      );
    await age(23.9);
    expect(await publish(system.api, target, {}, key)).toMatchObject({ replayed: true });
    expect(await kept('POST /old/')).toBe(13);
    await age(24.1);
    expect(await publish(system.api, target, {}, key)).toMatchObject({ replayed: false });
    expect(await kept('POST /old/')).toBe(8);
    expect(await publish(system.api, target, {}, key)).toMatchObject({ replayed: true });
  });
});

describe('a key', () => {
  const request = (over: object) =>
    ({
      headers: { 'idempotency-key': 'key' },
      requestContext: { http: { method: 'POST' }, routeKey: 'POST /x' },
      ...over,
    }) as unknown as Request;

  test.each(['', 'x'.repeat(256), 'schlüssel', 'tab\t'])('%j is refused', (key) => {
    expect(() => onceOf(request({ headers: { 'idempotency-key': key } }))).toThrow('1 to 255 printable ASCII');
  });

  test('counts on POST alone', () => {
    expect(onceOf(request({ headers: {} }))).toBeNull();
    expect(onceOf(request({ requestContext: { http: { method: 'PATCH' } } }))).toBeNull();
  });

  test('stands for its path and its content, in whatever order the members came', () => {
    const hash = (over: object) => onceOf(request(over))?.hash;
    const shuffled = fc.jsonValue().chain((body) => fc.tuple(fc.constant(body), fc.constant(reversed(body))));
    fc.assert(
      fc.property(shuffled, ([body, same]) => {
        expect(hash({ body })).toBe(hash({ body: same }));
      }),
      runs(200),
    );
    const different = [{}, [], null, '', 0, { a: 1 }, { a: '1' }, { a: 1, b: 2 }, { a: { b: 1 } }, [1, 2], [2, 1]];
    expect(new Set(different.map((body) => hash({ body }))).size).toBe(different.length);
    expect(hash({ pathParameters: { versionId: 'a' } })).not.toBe(hash({ pathParameters: { versionId: 'b' } }));
  });
});

/** The same JSON with the members of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}
