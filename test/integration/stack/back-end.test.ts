import { ulid } from 'ulid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMINISTRATOR } from '../../../infra/local/permissions/credentials.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { eventually } from '../../support/wait.ts';

let stack: LocalStack;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ stack, close } = await startTestStack({ jwtIssuer: undefined, jwtAudience: undefined, jwtClientId: undefined }));
});
afterAll(() => close?.());

/** Calls a route as a trusted back end of a stack without an issuer does: signed, naming the user it speaks for. */
async function call(method: string, path: string, body?: unknown) {
  const response = await signedFetch(method, stack.endpoints.api + path, body, undefined, ADMINISTRATOR);
  return { status: response.status, body: await response.json() };
}

const recommendation = {
  ...{ id: 1, title: 'Search', description: 'Find things', category: 'ux', complexity: 'low', impact: 'high' },
  ...{ versionHint: 'minor', prompt: 'Add a search page' },
};
const project_info = {
  ...{ type: 'shop', framework: 'react', version: '1.0.0', version_description: 'A shop' },
  ...{ change_type: 'minor', breaking_risk: 'none' },
};

async function deploy(userId: string): Promise<string> {
  const versionId = ulid();
  await call('POST', '/pipeline/projects/shop/versions', { versionId, userId, prompt: 'Build a shop' });
  const recommendations = { schemaVersion: 1, recommendations: [recommendation], project_info };
  const report = { status: 'deployed', artifactUrl: 'https://artifacts.example.com/1', recommendations };
  expect(await call('PATCH', `/pipeline/projects/shop/versions/${versionId}`, report)).toMatchObject({ status: 200 });
  return versionId;
}

test('a back end does on every route what the user it names may do, and names one', async () => {
  const [one, two] = [await deploy('her'), await deploy('her')];
  const steps = [
    ['GET', 'versions', undefined, 200],
    ['GET', `versions/${one}`, undefined, 200],
    ['POST', `versions/${one}/publish`, { comment: 'x' }, 200],
    ['GET', 'publication', undefined, 200],
    ['GET', 'publications', undefined, 200],
    ['POST', 'unpublish', { versionId: one }, 200],
    ['POST', `versions/${one}/rollback`, undefined, 201],
    ['PATCH', `versions/${two}/metadata`, { name: 'x' }, 200],
    ['DELETE', `versions/${two}`, undefined, 200],
    ['POST', `versions/${two}/restore`, undefined, 200],
  ] as const;
  for (const [method, route, body, status] of steps) {
    const at = (query: string) => call(method, `/projects/shop/${route}${query}`, body);
    expect(await at(''), route).toMatchObject({ status: 400, body: { errors: [{ field: 'userId' }] } });
    expect((await at('?userId=him')).status, route).toBe(404);
    expect((await at('?userId=her')).status, route).toBe(status);
  }
});

test('the prompts of recommendations stay with the owner: a back end gets the rest', async () => {
  const id = await deploy('her');
  const version = await eventually('the recommendations', async () => {
    const { body } = await call('GET', `/projects/shop/versions/${id}?userId=her`);
    return (body as { recommendations: object | null }).recommendations && (body as object);
  });
  const { prompt: _, ...rest } = recommendation;
  expect(version).toMatchObject({ recommendations: { schemaVersion: 1, recommendations: [rest], project_info } });
  expect(JSON.stringify(version)).not.toContain('Add a search page');
});
