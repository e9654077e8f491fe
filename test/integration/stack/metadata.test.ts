import pg from 'pg';
import { ulid } from 'ulid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VersionDetails } from '../../../functions/versions/read.ts';
import { LOCAL_USER } from '../../../infra/local/endpoints.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { eventually } from '../../support/wait.ts';

const TIMEOUT_SECONDS = 15;
let stack: LocalStack;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ stack, close } = await startTestStack({
    modelId: 'eu.amazon.nova-lite-v1:0',
    metadataTimeoutSeconds: String(TIMEOUT_SECONDS),
    // So that what is deployed together is worked on together.
    metadataBatchWindowSeconds: '1',
    maxReceiveCount: '3',
    sweepAfterSeconds: '1',
  }));
});
afterAll(() => close?.());

async function deploy(project: string, prompt: string, versionId = ulid()): Promise<string> {
  const pipeline = `${stack.endpoints.api}/pipeline/projects/${project}/versions`;
  await signedFetch('POST', pipeline, { versionId, userId: LOCAL_USER, prompt });
  const { status } = await signedFetch('PATCH', `${pipeline}/${versionId}`, { status: 'deployed' });
  expect(status).toBe(200);
  return versionId;
}

async function version(project: string, id: string): Promise<VersionDetails> {
  const response = await fetch(`${stack.endpoints.api}/projects/${project}/versions/${id}`, {
    headers: { authorization: `Bearer ${stack.endpoints.token}` },
  });
  return (await response.json()) as VersionDetails;
}

const ready = (project: string, id: string): Promise<VersionDetails> =>
  eventually(`the metadata of ${id}`, async () => {
    const found = await version(project, id);
    return found.metadataStatus === 'ready' && found;
  });

const logged = (name: string): string => stack.function(name).log.join('\n');

test('the schedule calls the sweep as soon as it is deployed, and the sweep says that nothing waits', async () => {
  const metrics = await eventually('the sweep', async () => {
    const line = stack.function('SweepMetadata').log.find((each) => each.includes('VersionsWithoutMetadata'));
    return line !== undefined && JSON.parse(line);
  });
  expect(metrics).toMatchObject({ VersionsWithoutMetadata: 0, OldestVersionWithoutMetadata: 0, MetadataRequeued: 0 });
});

test('the model describes a version; its owner sees by what, and the metrics count it', async () => {
  const id = await deploy('described', 'Fix the footer');
  expect(await ready('described', id)).toMatchObject({
    ...{ semver: '1.0.0', name: 'Fix the footer', metadataGenerator: 'model', metadataAttempts: 1 },
    metadataMs: expect.any(Number),
  });
  expect(stack.model.answers.requests[0]?.modelId).toBe('eu.amazon.nova-lite-v1:0');
  await eventually('the metrics', async () => /"GeneratedByModel":1/.test(logged('GenerateMetadata')));
  expect(logged('GenerateMetadata')).toMatch(/"ModelCalls":1.*"MetadataLatency":\d+/);
});

test('a model that is throttled is asked again after the back-off; one that refuses is replaced by rules', async () => {
  stack.model.answers.add({ match: 'throttle me', error: 'ThrottlingException' });
  stack.model.answers.add({ match: 'refuse me', stopReason: 'content_filtered', text: '' });
  const [throttled, refused] = [await deploy('throttled', 'throttle me'), await deploy('refused', 'refuse me')];
  expect(await ready('throttled', throttled)).toMatchObject({ metadataGenerator: 'model', metadataAttempts: 2 });
  const { reasoning, ...rules } = await ready('refused', refused);
  expect(rules).toMatchObject({ metadataGenerator: 'rules', autoClassified: true, confidence: 0.3 });
  expect(reasoning).toMatch(/Rules: .* In the place of the model: a filter of the model stopped it\.$/);
});

test('with one model call that hangs, the others are written and acknowledged 2 s before the function’s time is over', async () => {
  stack.model.answers.add({ match: 'hang me', hang: true });
  const began = Date.now();
  const [hanging, ...others] = await Promise.all([
    deploy('hanging', 'hang me'),
    ...Array.from({ length: 9 }, (_, n) => deploy(`beside-${n}`, 'Add a shop')),
  ]);
  for (const [n, id] of others.entries())
    expect(await ready(`beside-${n}`, id)).toMatchObject({ metadataGenerator: 'model' });
  const pending = await eventually('the reason why it waits', async () => {
    const found = await version('hanging', hanging);
    return found.metadataError !== null && found;
  });
  expect(pending).toMatchObject({ metadataStatus: 'pending', metadataError: 'the model took too long' });
  // The batch's window of a second comes before the function's time.
  expect(Date.now() - began).toBeLessThan((TIMEOUT_SECONDS - 2 + 1) * 1_000);
  await ready('hanging', hanging);
});

test('a version whose message never came is found by the sweep', async () => {
  const id = ulid();
  const client = new pg.Client(stack.postgres.url(undefined, undefined, stack.endpoints.database));
  await client.connect();
  await client.query(
    `insert into project_versions (project_id, version_id, user_id, prompt, status, metadata_status, created_at, deployed_at)
     values ('lost', $1, $2, 'Add a map', 'deployed', 'pending', now() - interval '1 hour', now() - interval '1 hour')`,
    [id, LOCAL_USER],
  );
  await client.end();
  expect(await stack.function('SweepMetadata').invoke({})).toMatchObject({ ok: true });
  expect(await ready('lost', id)).toMatchObject({ semver: '1.0.0', metadataGenerator: 'model' });
  expect(logged('SweepMetadata')).toMatch(/"MetadataRequeued":1/);
});
