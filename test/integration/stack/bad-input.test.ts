import fc from 'fast-check';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeCursor } from '../../../functions/versions/cursor.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { runs } from '../../support/effort.ts';
import { startTestStack } from '../../support/local-stack.ts';

let stack: LocalStack;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ stack, close } = await startTestStack());
});
afterAll(() => close?.());

const get = (path: string) =>
  fetch(`${stack.endpoints.api}${path}`, { headers: { authorization: `Bearer ${stack.endpoints.token}` } });

const post = (path: string, body: unknown) => signedFetch('POST', `${stack.endpoints.api}${path}`, body);
const patch = (path: string, body: unknown) => signedFetch('PATCH', `${stack.endpoints.api}${path}`, body);

/** A problem document with this status, that names `field` among its errors. */
async function expectProblem(response: Response, status: number, field?: string): Promise<void> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as { status: number; errors?: { field: string; message: string }[] };
  expect(problem).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
  expect(response.status).toBe(status);
  if (field) expect(problem.errors?.map((error) => error.field)).toContain(field);
}

const build = { userId: 'local-user', prompt: 'Build a shop' };

describe('a start that is wrong is a 400 that names what is wrong', () => {
  test.each([
    [{ ...build, prompt: undefined }, 'prompt'],
    [{ ...build, prompt: '' }, 'prompt'],
    [{ ...build, prompt: 'a\0b' }, 'prompt'],
    [{ ...build, prompt: 'half \ud83d pair' }, 'prompt'],
    [{ ...build, prompt: 7 }, 'prompt'],
    [{ ...build, userId: ' ' }, 'userId'],
    [{ ...build, versionId: 'v1' }, 'versionId'],
    [{ ...build, versionId: '8ZZZZZZZZZZZZZZZZZZZZZZZZZ' }, 'versionId'],
    [{ ...build, versionId: ulid().toLowerCase() }, 'versionId'],
    [{ ...build, promptMetadata: { deep: [{ text: 'a\0' }] } }, 'promptMetadata'],
    [{ ...build, createdAt: '9999-01-01T00:00:00Z' }, 'createdAt'],
    [{ ...build, createdAt: 'yesterday' }, 'createdAt'],
    [{ ...build, promptMetadata: JSON.parse(`${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`) }, 'promptMetadata'],
    [{ ...build, isAdmin: true }, 'isAdmin'],
    [[], 'body'],
    ['text', 'body'],
    [null, 'body'],
  ])('%j', async (body, field) => {
    await expectProblem(await post('/pipeline/projects/shop/versions', body), 400, field);
  });
});

describe('an end that is wrong', () => {
  test.each([
    [{}, 'status'],
    [{ status: 'building' }, 'status'],
    [{ status: 'deployed', previewUrl: 'javascript:alert(1)' }, 'previewUrl'],
    [{ status: 'deployed', previewUrl: 'https://a/\0' }, 'previewUrl'],
    [{ status: 'deployed', artifactUrl: 'https://a/\ud800' }, 'artifactUrl'],
    [{ status: 'deployed', artifactChecksum: 'abc' }, 'artifactChecksum'],
    [{ status: 'deployed', artifactSize: 2_147_483_649 }, 'artifactSize'],
    [{ status: 'deployed', buildDurationMs: 3_000_000_000 }, 'buildDurationMs'],
    [{ status: 'deployed', buildDurationMs: 1.5 }, 'buildDurationMs'],
    [{ status: 'deployed', changes: { commits: 'one' } }, 'changes.commits'],
    [{ status: 'deployed', recommendations: { schemaVersion: 1 } }, 'recommendations.recommendations'],
  ])('%j is a 400 and changes nothing', async (body, field) => {
    const versionId = ulid();
    await post('/pipeline/projects/unchanged/versions', { ...build, versionId });
    await expectProblem(await patch(`/pipeline/projects/unchanged/versions/${versionId}`, body), 400, field);
    const page = (await (await get('/projects/unchanged/versions?limit=1')).json()) as { versions: unknown[] };
    expect(page.versions).toMatchObject([{ id: versionId, status: 'building' }]);
  });

  test('is a 404 for a version that is not there, a 400 for an id that is none', async () => {
    await expectProblem(await patch(`/pipeline/projects/shop/versions/${ulid()}`, { status: 'deployed' }), 404);
    await expectProblem(
      await patch('/pipeline/projects/shop/versions/first', { status: 'deployed' }),
      400,
      'versionId',
    );
  });
});

describe('a body that is none', () => {
  const send = (body: string, contentType = 'application/json; charset=utf-8') =>
    signedFetch('POST', `${stack.endpoints.api}/pipeline/projects/shop/versions`, body, contentType);

  test.each(['{', '', 'undefined', "{'a':1}", '\ufeff{}', '{"a":1}{"b":2}'])('%j is a 400', async (body) => {
    await expectProblem(await send(body), 400);
  });

  test('of another content type is a 415; of more than 256 KiB a 413', async () => {
    await expectProblem(await send('{}', 'text/plain'), 415);
    await expectProblem(await send(JSON.stringify({ ...build, prompt: 'x'.repeat(262_144) })), 413);
  });
});

describe('a project id', () => {
  test.each(['%00', 'a%0Ab', '%20', 'x'.repeat(256)])('%s is refused and named', async (id) => {
    await expectProblem(await get(`/projects/${id}/versions`), 400, 'projectId');
  });
});

test('moments with offsets that PostgreSQL does not know are taken, in UTC', async () => {
  const versionId = ulid();
  const started = await post('/pipeline/projects/offsets/versions', {
    ...build,
    versionId,
    createdAt: '2020-01-01T00:00:00+23:59',
  });
  expect(await started.json()).toMatchObject({ createdAt: '2019-12-31T00:01:00.000Z' });
  const ended = await patch(`/pipeline/projects/offsets/versions/${versionId}`, {
    status: 'deployed',
    deployedAt: '2020-01-01T00:00:00-20:00',
  });
  expect(await ended.json()).toMatchObject({ deployedAt: '2020-01-01T20:00:00.000Z' });
});

test('a cursor that somebody made up is a 400, whatever it says', async () => {
  await post('/pipeline/projects/cursors/versions', build);
  const query = JSON.stringify(['cursors', 'local-user', false, false, null]);
  for (const key of [
    { createdUs: 2 ** 62, versionId: ulid() },
    { createdUs: -(2 ** 62), versionId: ulid() },
    { createdUs: 0, versionId: 'a\0b' },
  ]) {
    await expectProblem(await get(`/projects/cursors/versions?cursor=${encodeCursor(key, query)}`), 400, 'cursor');
  }
});

test('whatever is sent, the answer is never a 5xx, and every error is a problem document', async () => {
  const odd = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.double(),
    fc.constant(null),
    fc.boolean(),
    // Nearly right: what passes the grammar of a URL or a date and fails behind it.
    fc.string({ unit: 'binary', maxLength: 20 }).map((end) => `https://a/${end}`),
    fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.nat(59))
      .map(([h, m]) => `2020-01-01T00:00:00+${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`),
    fc.constantFrom('deployed', 'failed', 'local-user', ulid(), '2026-01-01T00:00:00Z', 'https://example.com'),
    fc.object(),
  );
  const keys = [
    'userId',
    'prompt',
    'versionId',
    'status',
    'createdAt',
    'previewUrl',
    'changes',
    'promptMetadata',
    'extra',
  ];
  const body = fc.oneof(
    fc.record(Object.fromEntries(keys.map((key) => [key, odd])), { requiredKeys: [] }),
    fc.jsonValue(),
  );
  const id = fc.oneof(fc.constantFrom('shop', ulid()), fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }));
  const query = fc.dictionary(
    fc.constantFrom('limit', 'offset', 'cursor', 'state', 'includeCheckpoints', 'showDeleted', 'userId', 'x'),
    fc.oneof(fc.constantFrom('1', '20', 'true', 'published'), fc.string({ unit: 'binary' })),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PATCH'),
      id,
      id,
      body,
      query,
      async (method, project, version, sent, asked) => {
        const path = encodeURIComponent(project.toWellFormed());
        const pairs = Object.fromEntries(Object.entries(asked).map(([key, value]) => [key, value.toWellFormed()]));
        const response = await (method === 'GET'
          ? get(`/projects/${path}/versions?${new URLSearchParams(pairs)}`)
          : method === 'POST'
            ? post(`/pipeline/projects/${path}/versions`, sent)
            : patch(`/pipeline/projects/${path}/versions/${encodeURIComponent(version.toWellFormed())}`, sent));
        expect(response.status).toBeLessThan(500);
        const type = response.headers.get('content-type') ?? '';
        expect(type).toMatch(response.ok ? /^application\/json/ : /^application\/(problem\+)?json/);
        await response.json();
      },
    ),
    runs(300),
  );
});
