import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { type HttpAnswer, type HttpRequest, send, signed } from '../../support/http.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { deviations, type Operation, operations } from '../../support/openapi.ts';

const OWNER = 'owner';
const OTHER = 'other';
const version = ulid();
const others = ulid();

let stack: LocalStack;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ stack, close } = await startTestStack());
  for (const [projectId, versionId, userId] of [
    ['shop', version, OWNER],
    ['elsewhere', others, OTHER],
  ] as const) {
    const report = { versionId, userId, prompt: 'Build a shop' };
    await asPipeline(request('POST', `/pipeline/projects/${projectId}/versions`, report));
    await asPipeline(request('PATCH', `/pipeline/projects/${projectId}/versions/${versionId}`, ENDED));
  }
});
afterAll(() => close?.());

const ENDED = { status: 'deployed', artifactUrl: 'https://artifacts.example.com/1' };

const request = (method: string, target: string, body?: object): HttpRequest => ({
  method,
  target,
  headers: body ? { 'content-type': 'application/json' } : {},
  body: body && JSON.stringify(body),
});

/** The operation on a project and a version, with a body that would do. */
function requestOf({ method, path, operationId, body }: Operation, projectId: string, versionId: string): HttpRequest {
  const target = path.replace('{projectId}', projectId).replace('{versionId}', versionId);
  const bodies: Record<string, object> = {
    startBuild: { versionId, userId: OWNER, prompt: 'Build a shop' },
    endBuild: ENDED,
    unpublishProject: { versionId },
  };
  return request(method, target, body && (bodies[operationId] ?? (body.example as object)));
}

const asPipeline = async (wanted: HttpRequest) => send(stack.endpoints.api, await signed(stack.endpoints.api, wanted));

async function withToken(wanted: HttpRequest, token: Parameters<LocalStack['mintToken']>[0] | undefined) {
  const authorization = token && { authorization: `Bearer ${await stack.mintToken(token)}` };
  return send(stack.endpoints.api, { ...wanted, headers: { ...wanted.headers, ...authorization } });
}

/** Everyone who may come, and how. */
const actors: Record<string, (wanted: HttpRequest) => Promise<HttpAnswer>> = {
  owner: (wanted) => withToken(wanted, { subject: OWNER }),
  'other tenant': (wanted) => withToken(wanted, { subject: OTHER }),
  'no token': (wanted) => withToken(wanted, undefined),
  'expired token': (wanted) => withToken(wanted, { subject: OWNER, expiresIn: -60 }),
  'wrong audience': (wanted) => withToken(wanted, { subject: OWNER, audience: 'another-service' }),
  pipeline: asPipeline,
};

/** What each is answered, by who may call the operation. 409 is for the owner: the question was understood and theirs to ask. */
const expected: Record<Operation['callers'], Record<string, number[]>> = {
  token: {
    owner: [200, 201, 409],
    'other tenant': [404],
    'no token': [401],
    'expired token': [401],
    'wrong audience': [401],
    pipeline: [401],
  },
  iam: {
    owner: [403],
    'other tenant': [403],
    'no token': [403],
    'expired token': [403],
    'wrong audience': [403],
    pipeline: [200, 201],
  },
  none: Object.fromEntries(Object.keys(actors).map((actor) => [actor, [200]])),
};

describe.each(operations.map((operation) => [operation.operationId, operation] as const))('%s', (_, operation) => {
  test.each(Object.keys(actors))('for %s', async (actor) => {
    const answer = await actors[actor]?.(requestOf(operation, 'shop', version));
    expect(expected[operation.callers][actor], answer?.body.slice(0, 500)).toContain(answer?.status);
    if (answer) expect(deviations(operation, answer)).toEqual([]);
  });
});

/** All of an answer but what is different each time. */
function comparable({ status, headers, body }: HttpAnswer) {
  const { date: _, 'apigw-requestid': __, 'x-correlation-id': ___, ...rest } = headers;
  return { status, headers: rest, body };
}

const ofUsers = operations.filter(({ callers }) => callers === 'token');
const ofVersions = ofUsers.filter(
  ({ path, operationId }) => path.includes('{versionId}') || operationId === 'unpublishProject',
);

describe('what is somebody else’s looks, byte for byte, as if it did not exist', () => {
  const ask = async (operation: Operation, projectId: string, versionId: string) =>
    comparable(await withToken(requestOf(operation, projectId, versionId), { subject: OTHER }));

  test.each(ofUsers.map((each) => [each.operationId, each] as const))('a project: %s', async (_, operation) => {
    const foreign = await ask(operation, 'shop', version);
    expect(foreign.status).toBe(404);
    expect(foreign).toEqual(await ask(operation, 'nowhere', ulid()));
    expect(foreign).toEqual(await ask(operation, 'nowhere', version));
  });

  test.each(ofVersions.map((each) => [each.operationId, each] as const))('a version: %s', async (_, operation) => {
    const foreign = await ask(operation, 'elsewhere', version);
    expect(foreign.status).toBe(404);
    expect(foreign).toEqual(await ask(operation, 'elsewhere', ulid()));
  });

  test('and nothing of it was changed', async () => {
    const shown = await withToken(request('GET', `/projects/elsewhere/versions/${others}`), { subject: OTHER });
    expect(JSON.parse(shown.body)).toMatchObject({ id: others, isPublished: false, deletedAt: null });
  });
});
