import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_USER } from '../../../infra/local/endpoints.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { startTestStack } from '../../support/local-stack.ts';

let stack: LocalStack;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ stack, close } = await startTestStack());
});
afterAll(() => close?.());

const pipeline = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  signedFetch(method, `${stack.endpoints.api}/pipeline/projects/${path}`, body, undefined, undefined, headers);

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it, it says itself.
  body: any;
}

/** Calls a route as a front end does. `body` undefined: none is sent, and no content type. */
async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${stack.endpoints.api}/projects/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${stack.endpoints.token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A deployed version, as the pipeline makes one. */
async function deploy(project: string, userId = LOCAL_USER): Promise<string> {
  const versionId = ulid();
  const started = await pipeline('POST', `${project}/versions`, { versionId, userId, prompt: 'Add a search page' });
  expect(started.status).toBe(201);
  const report = { status: 'deployed', artifactUrl: 'https://artifacts.example.com/1' };
  expect((await pipeline('PATCH', `${project}/versions/${versionId}`, report)).status).toBe(200);
  return versionId;
}

test('a version is published, rolled back, edited, unpublished, deleted and restored, and each is seen by the next', async () => {
  const [one, two] = [await deploy('shop'), await deploy('shop')];
  expect(await call('POST', `shop/versions/${one}/publish`)).toMatchObject({
    status: 200,
    body: { isPublished: true },
  });
  const published = await call('POST', `shop/versions/${two}/publish`, {
    comment: 'Launch',
    expectedPublishedVersionId: one,
  });
  expect(published).toMatchObject({ status: 200, body: { id: two, publishedBy: LOCAL_USER } });
  expect(await call('GET', 'shop/publication')).toMatchObject({
    status: 200,
    body: { version: { id: two }, comment: 'Launch', rolledBackFrom: null },
  });

  const back = await call('POST', `shop/versions/${one}/rollback`, {});
  expect(back).toMatchObject({ status: 201, body: { type: 'rollback', parentId: one, isPublished: false } });
  const made = back.body.id;
  expect(await call('POST', `shop/versions/${made}/publish`)).toMatchObject({ status: 200 });
  expect((await call('GET', 'shop/publication')).body).toMatchObject({ version: { id: made }, rolledBackFrom: two });

  const edited = await call('PATCH', `shop/versions/${two}/metadata`, { name: 'Search', type: 'minor' });
  expect(edited).toMatchObject({ status: 200, body: { name: 'Search', type: 'minor', autoClassified: false } });
  expect(await call('GET', `shop/versions/${two}`)).toMatchObject({
    status: 200,
    body: { name: 'Search', projectId: 'shop', recommendations: null },
  });

  expect(await call('DELETE', `shop/versions/${made}`)).toMatchObject({ status: 409, body: { reason: 'published' } });
  expect(await call('POST', 'shop/unpublish', { versionId: made })).toMatchObject({ body: { isPublished: false } });
  expect(await call('DELETE', `shop/versions/${made}`)).toMatchObject({
    status: 200,
    body: { deletedAt: expect.any(String) },
  });
  expect(await call('POST', `shop/versions/${made}/restore`)).toMatchObject({ status: 200, body: { deletedAt: null } });

  const first = await call('GET', 'shop/publications?limit=3');
  const rest = await call('GET', `shop/publications?limit=3&cursor=${first.body.nextCursor}`);
  expect(rest.body.nextCursor).toBeNull();
  const log = [...first.body.publications, ...rest.body.publications];
  expect(log.map(({ action, versionId }) => [action, versionId])).toEqual([
    ['unpublished', made],
    ['published', made],
    ['published', two],
    ['published', one],
  ]);
});

describe('an idempotency key', () => {
  test('makes a rollback that is sent again the same rollback, and is refused for another', async () => {
    const [one, two] = [await deploy('keys'), await deploy('keys')];
    const key = { 'idempotency-key': ulid() };
    const first = await call('POST', `keys/versions/${one}/rollback`, { comment: 'Back' }, key);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const again = await call('POST', `keys/versions/${one}/rollback`, { comment: 'Back' }, key);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    for (const [version, comment] of [
      [one, 'Forth'],
      [two, 'Back'],
    ]) {
      expect(await call('POST', `keys/versions/${version}/rollback`, { comment }, key)).toMatchObject({
        status: 422,
        body: { status: 422, reason: 'idempotency_key_reused' },
      });
    }
    const wrong = await call('POST', `keys/versions/${one}/rollback`, {}, { 'idempotency-key': 'k'.repeat(256) });
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ field: 'idempotency-key' }] } });
  });

  test('lets a pipeline start a build twice without naming it', async () => {
    const key = { 'idempotency-key': ulid() };
    const start = (prompt: string) => pipeline('POST', 'builds/versions', { userId: LOCAL_USER, prompt }, key);
    const [first, again, other] = [await start('x'), await start('x'), await start('y')];
    expect([first.status, again.status, other.status]).toEqual([201, 201, 422]);
    expect(await again.json()).toEqual(await first.json());
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });
});

describe('refused', () => {
  const routes = [
    ['GET', 'versions/:id'],
    ['POST', 'versions/:id/publish'],
    ['POST', 'versions/:id/rollback'],
    ['POST', 'versions/:id/restore'],
    ['PATCH', 'versions/:id/metadata'],
    ['DELETE', 'versions/:id'],
    ['POST', 'unpublish'],
    ['GET', 'publication'],
    ['GET', 'publications'],
  ] as const;

  test('somebody else’s version and project are, byte for byte, ones that do not exist', async () => {
    const foreign = await deploy('theirs', 'somebody-else');
    const own = await deploy('ours');
    for (const [method, route] of routes) {
      const attempt = async (project: string, id: string) => {
        const body = route === 'unpublish' ? { versionId: id } : method === 'PATCH' ? { name: 'x' } : undefined;
        const { status, headers, body: problem } = await call(method, `${project}/${route.replace(':id', id)}`, body);
        expect([status, headers.get('content-type')]).toEqual([404, 'application/problem+json']);
        return JSON.stringify(problem);
      };
      const none = await attempt('none', ulid());
      expect(await attempt('theirs', foreign), route).toBe(none);
      if (/:id|unpublish/.test(route)) expect(await attempt('theirs', own), route).toBe(none);
      if (/:id|unpublish/.test(route)) expect(await attempt('ours', foreign), route).toBe(none);
    }
  });

  test.each([
    ['POST', 'versions/:id/publish', { coment: 'x' }, 'coment'],
    ['POST', 'versions/:id/publish', { comment: 'x'.repeat(501) }, 'comment'],
    ['POST', 'versions/:id/publish', { expectedPublishedVersionId: 7 }, 'expectedPublishedVersionId'],
    ['POST', 'unpublish', undefined, 'versionId'],
    ['POST', 'versions/:id/rollback', { comment: null }, 'comment'],
    ['POST', 'versions/:id/restore', { force: true }, 'force'],
    ['PATCH', 'versions/:id/metadata', undefined, 'body'],
    ['PATCH', 'versions/:id/metadata', { type: 'rollback' }, 'type'],
    ['GET', 'publications?limit=0', undefined, 'limit'],
    ['GET', 'publications?cursor=x', undefined, 'cursor'],
    ['GET', 'publication?userId=somebody-else', undefined, 'userId'],
    ['DELETE', 'versions/:id?userId=somebody-else', undefined, 'userId'],
  ] as const)('%s %s with %j is a 400 that names the field', async (method, route, body, field) => {
    const answer = await call(method, `shop/${route.replace(':id', ulid())}`, body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field, message: expect.any(String) }] } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test('a body that is no JSON, or of another type; an empty one of any type is as none', async () => {
    const id = await deploy('bodies');
    const send = (body: string, type: string) =>
      call('POST', `bodies/versions/${id}/publish`, body, { 'content-type': type });
    expect((await send('{', 'application/json')).status).toBe(400);
    expect((await send('{}', 'text/plain')).status).toBe(415);
    expect((await send('', 'application/x-www-form-urlencoded')).status).toBe(200);
    expect((await send('{}', 'application/json; charset=utf-8')).status).toBe(200);
  });

  test('publishing where another got there first is a 409 that names what is published', async () => {
    const [one, two] = [await deploy('race'), await deploy('race')];
    await call('POST', `race/versions/${one}/publish`);
    expect(await call('POST', `race/versions/${two}/publish`, { expectedPublishedVersionId: null })).toMatchObject({
      status: 409,
      body: { reason: 'published_elsewhere', publishedVersionId: one },
    });
  });
});
