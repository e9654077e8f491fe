import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { userClient } from '../../../functions/api-client/client.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { example } from '../../../infra/openapi/example.ts';
import { type HttpAnswer, type HttpRequest, send, signed } from '../../support/http.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { deviations, type Operation, operations } from '../../support/openapi.ts';
import { eventually } from '../../support/wait.ts';

let stack: LocalStack;
let close: () => Promise<void>;
let token: string;
beforeAll(async () => {
  ({ stack, close } = await startTestStack());
  token = await stack.mintToken({ subject: example.userId });
});
afterAll(() => close?.());

/** The order in which the examples are one story. */
const story = [
  'startBuild',
  'endBuild',
  'listVersions',
  'getVersion',
  'editMetadata',
  'publishVersion',
  'getPublication',
  'unpublishProject',
  'listPublications',
  'rollBack',
  'deleteVersion',
  'restoreVersion',
  'getDescription',
  'getReference',
];

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** An answer with the ids and moments that a run makes itself in the place of the example's. */
function alike(example: unknown, actual: unknown): unknown {
  if (typeof example === 'string' && typeof actual === 'string')
    return [MOMENT, ULID].some((form) => form.test(example) && form.test(actual)) ? actual : example;
  if (typeof example !== 'object' || example === null || typeof actual !== 'object' || actual === null) return example;
  if (Array.isArray(example)) return example.map((each, index) => alike(each, (actual as unknown[])[index]));
  return Object.fromEntries(
    Object.entries(example).map(([key, value]) => [key, alike(value, (actual as Record<string, unknown>)[key])]),
  );
}

async function call({ method, path, parameters, body, callers }: Operation): Promise<HttpAnswer> {
  const given = parameters.filter(({ example }) => example !== undefined);
  const target = given
    .filter((each) => each.in === 'path')
    .reduce((filled, { name, example }) => filled.replace(`{${name}}`, encodeURIComponent(String(example))), path);
  const query = new URLSearchParams(
    Object.fromEntries(given.filter((each) => each.in === 'query').map(({ name, example }) => [name, String(example)])),
  );
  const request: HttpRequest = {
    method,
    target: query.size > 0 ? `${target}?${query}` : target,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(callers === 'token' && { authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body.example),
  };
  return send(stack.endpoints.api, callers === 'iam' ? await signed(stack.endpoints.api, request) : request);
}

/** What the story waits for before an operation: the metadata arrives by itself. */
async function metadata(): Promise<void> {
  const params = { path: { projectId: example.projectId, versionId: example.versionId } };
  const user = userClient(stack.endpoints.api, token);
  await eventually('the metadata of the example', async () => {
    const { data } = await user.GET('/projects/{projectId}/versions/{versionId}', { params });
    return data?.metadataStatus === 'ready';
  });
}

describe('the examples of the description', () => {
  test('are all told', () => {
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual([...story].sort());
  });

  test.each(story)('%s is answered as it says', async (operationId) => {
    const operation = operations.find((each) => each.operationId === operationId);
    if (!operation) throw new Error(`openapi.json has no ${operationId}`);
    const answer = await call(operation);
    expect(deviations(operation, answer), answer.body.slice(0, 1_000)).toEqual([]);
    expect(answer.status).toBeLessThan(300);
    const shown = operation.responses[answer.status]?.content?.['application/json']?.example;
    if (shown !== undefined) {
      const actual: unknown = JSON.parse(answer.body);
      expect(actual).toEqual(alike(shown, actual));
    }
    if (operationId === 'endBuild') await metadata();
  });
});
