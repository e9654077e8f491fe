import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VersionPage } from '../../../functions/versions/list.ts';
import type { Version } from '../../../functions/versions/version.ts';
import { LOCAL_USER } from '../../../infra/local/endpoints.ts';
import { ADMINISTRATOR } from '../../../infra/local/permissions/credentials.ts';
import { playOutcomes } from '../../../infra/local/sample/outcomes.ts';
import { allReleases, projectId } from '../../../infra/local/sample/releases.ts';
import { replay } from '../../../infra/local/sample/replay.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { eventually } from '../../support/wait.ts';

let stack: LocalStack;
let sqs: SQSClient;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ stack, close } = await startTestStack());
  const { sqs: endpoint, region } = stack.endpoints;
  sqs = new SQSClient({ endpoint, region, credentials: ADMINISTRATOR });
});
afterAll(async () => {
  sqs?.destroy();
  await close?.();
});

const pipeline = (method: string, path: string, body: unknown): Promise<Response> =>
  signedFetch(method, `${stack.endpoints.api}/pipeline/projects/${path}`, body);

async function list(project: string, query = 'includeCheckpoints=true'): Promise<VersionPage> {
  const response = await fetch(`${stack.endpoints.api}/projects/${project}/versions?${query}`, {
    headers: { authorization: `Bearer ${stack.endpoints.token}` },
  });
  expect(response.status).toBe(200);
  return (await response.json()) as VersionPage;
}

const start = (project: string, versionId: string) =>
  pipeline('POST', `${project}/versions`, { versionId, userId: LOCAL_USER, prompt: 'Add a search page' });

async function deploy(project: string, more: object = {}): Promise<string> {
  const versionId = ulid();
  expect((await start(project, versionId)).status).toBe(201);
  const response = await pipeline('PATCH', `${project}/versions/${versionId}`, { status: 'deployed', ...more });
  expect(response.status).toBe(200);
  return versionId;
}

const version = async (project: string, id: string): Promise<Version | undefined> =>
  (await list(project)).versions.find((each) => each.id === id);

const ready = (project: string, id: string): Promise<Version> =>
  eventually(`the metadata of ${id}`, async () => {
    const found = await version(project, id);
    return found?.metadataStatus === 'ready' && found;
  });

/** Runs a statement as an engineer would, with the master's secret. */
async function execute(sql: string): Promise<void> {
  const { dataApi: endpoint, region, clusterArn: resourceArn, secretArn, database } = stack.endpoints;
  const client = new RDSDataClient({ endpoint, region, credentials: ADMINISTRATOR });
  await client.send(new ExecuteStatementCommand({ resourceArn, secretArn, database, sql }));
  client.destroy();
}

const send = (body: string) =>
  sqs.send(new SendMessageCommand({ QueueUrl: stack.endpoints.queueUrl, MessageBody: body }));

/** Waits for the dead letter with this body; answers its reason. */
async function deadLetter(body: string): Promise<string | undefined> {
  const QueueUrl = stack.endpoints.deadLetterQueueUrl;
  const letter = await eventually(
    'the dead letter',
    async () => {
      const received = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          WaitTimeSeconds: 1,
          VisibilityTimeout: 1,
          MessageAttributeNames: ['All'],
        }),
      );
      return received.Messages?.find((message) => message.Body === body);
    },
    40_000,
  );
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: letter.ReceiptHandle }));
  return letter.MessageAttributes?.reason?.StringValue;
}

describe('a build', () => {
  test('is visible from its first moment, and its metadata arrives by itself once it is deployed', async () => {
    const id = ulid();
    expect((await start('shop', id)).status).toBe(201);
    expect(await version('shop', id)).toMatchObject({ status: 'building', metadataStatus: 'pending', semver: null });
    await pipeline('PATCH', `shop/versions/${id}`, {
      status: 'deployed',
      artifactUrl: 'https://artifacts.example.com/1',
    });
    expect(await ready('shop', id)).toMatchObject({
      semver: '1.0.0',
      type: 'major',
      canPublish: true,
      autoClassified: true,
    });
  });

  test('without a versionId gets one', async () => {
    const response = await pipeline('POST', 'shop/versions', { userId: LOCAL_USER, prompt: 'x' });
    expect(response.status).toBe(201);
    expect(((await response.json()) as Version).id).toMatch(/^[0-9A-Z]{26}$/);
  });

  test('a real history, replayed, gets its real numbers', async () => {
    const releases = allReleases()
      .filter(({ project }) => project === 'ankane/strong_migrations')
      .slice(0, 25);
    await replay({ ...stack.endpoints, userId: LOCAL_USER }, releases, () => {});
    const [first] = releases;
    const { versions, total } = await list(first ? projectId(first) : '', 'includeCheckpoints=true&limit=100');
    expect(versions.map(({ semver }) => semver)).toEqual(releases.map(({ version }) => version).reverse());
    expect(total).toBe(25);
  });

  test('the sample has a rollback that is published, a failed build and one that is running; repeated, one more is running', async () => {
    const releases = allReleases()
      .filter(({ project }) => project === 'middyjs/middy')
      .slice(0, 3);
    const target = { ...stack.endpoints, userId: LOCAL_USER };
    await replay(target, releases, () => {});
    const project = releases[0] ? projectId(releases[0]) : '';
    for (const running of [1, 2]) {
      await playOutcomes(target, releases);
      const { versions } = await list(project, 'includeCheckpoints=true&limit=100');
      const count = (status: string) => versions.filter((version) => version.status === status).length;
      expect([count('deployed'), count('failed'), count('building')]).toEqual([4, 1, running]);
      expect(versions.filter(({ isPublished }) => isPublished)).toMatchObject([{ type: 'rollback' }]);
    }
  });
});

// Each waits for a redelivery of 12 s; together they wait once.
describe.concurrent('messages', () => {
  test('one that can never succeed lies in the dead-letter queue with its reason; its neighbours are done', async () => {
    const body = JSON.stringify({ type: 'make-coffee' });
    await send(body);
    await send('{"type":"classify-version","versionId":"old"}');
    const id = await deploy('neighbour');
    expect(await deadLetter(body)).toContain('type');
    await ready('neighbour', id);
  });

  test('one that comes before its version is tried again, not lost', async () => {
    const id = ulid();
    await send(JSON.stringify({ type: 'generate-metadata', versionId: id, projectId: 'early' }));
    await start('early', id);
    // Deployed behind the API's back: reporting it would send a message of its own.
    await execute(`update project_versions set status = 'deployed', deployed_at = now() where version_id = '${id}'`);
    await ready('early', id);
  });

  test('one whose version never comes ends in the dead-letter queue', async () => {
    const body = JSON.stringify({ type: 'generate-metadata', versionId: ulid(), projectId: 'never' });
    await send(body);
    expect(await deadLetter(body)).toBe('the version is not recorded yet');
  });
});

describe('the database away', () => {
  test('answers 503 with retry-after; messages wait; nothing is lost', async () => {
    const id = await deploy('outage');
    await ready('outage', id);
    stack.dataApi.faults.add({ kind: 'unavailable', count: 9 });
    const response = await fetch(`${stack.endpoints.api}/projects/outage/versions`, {
      headers: { authorization: `Bearer ${stack.endpoints.token}` },
    });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(response.headers.get('content-type')).toBe('application/problem+json');

    // The version is recorded before the outage; its message meets it.
    stack.dataApi.faults.clear();
    const later = ulid();
    await start('outage', later);
    stack.dataApi.faults.add({ kind: 'unavailable', sql: 'read_builds', count: 3 });
    await pipeline('PATCH', `outage/versions/${later}`, { status: 'deployed' });
    await ready('outage', later);
    expect(stack.dataApi.faults.list().at(-1)).toMatchObject({ struck: 3 });
    stack.dataApi.faults.clear();
  });

  test('resuming is waited for within the function’s time', async () => {
    stack.dataApi.faults.add({ kind: 'resuming', count: 2 });
    expect((await list('outage')).versions).toHaveLength(2);
  });
});
