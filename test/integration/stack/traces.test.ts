import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import pg from 'pg';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeLetters } from '../../../infra/cli/letters.ts';
import { FAULT_KINDS, type FaultKind } from '../../../infra/local/data-api/faults.ts';
import { LOCAL_USER } from '../../../infra/local/endpoints.ts';
import { ADMINISTRATOR, PIPELINE } from '../../../infra/local/permissions/credentials.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { canaries, found, linesOf } from '../../support/canaries.ts';
import { LONG, runs } from '../../support/effort.ts';
import { send } from '../../support/http.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { eventually } from '../../support/wait.ts';

let stack: LocalStack;
let close: () => Promise<void>;
let logs: string;
let database: pg.Client;
let sqs: SQSClient;
let secrets: Record<string, string>;

beforeAll(async () => {
  ({ stack, close, logs } = await startTestStack({
    modelId: 'amazon.nova-lite-v1:0',
    apiTimeoutSeconds: '3',
    metadataTimeoutSeconds: '15',
  }));
  database = new pg.Client(stack.postgres.url(undefined, undefined, stack.endpoints.database));
  await database.connect();
  const { region, secretsManager, loginSecretArns, token } = stack.endpoints;
  sqs = new SQSClient({ endpoint: stack.endpoints.sqs, region, credentials: ADMINISTRATOR });
  const client = new SecretsManagerClient({ endpoint: secretsManager, region, credentials: ADMINISTRATOR });
  const passwordOf = async (SecretId = '') => {
    const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId }));
    return JSON.parse(SecretString).password as string;
  };
  secrets = {
    token,
    'session token': PIPELINE.sessionToken,
    'password of api': await passwordOf(loginSecretArns.api),
    'password of worker': await passwordOf(loginSecretArns.worker),
  };
  client.destroy();
});
afterAll(async () => {
  sqs?.destroy();
  await database?.end();
  await close?.();
});

/** What was answered to the pipeline, and to anybody with a status of 400 and above. */
const answers: string[] = [];
/** What the pipeline may see of a version, as everybody does who sees it at all. */
const SEEN = ['name', 'described', 'comment'];

async function kept(answer: Promise<Response>, mine = false): Promise<Response> {
  const response = await answer;
  const text = await response.clone().text();
  if (!mine || response.status >= 400) answers.push(`${response.status} ${text}`);
  return response;
}

type Headers = Record<string, string>;

const user = (method: string, path: string, body?: unknown, headers: Headers = {}) =>
  kept(
    fetch(`${stack.endpoints.api}/projects/shop${path}`, {
      method,
      headers: { authorization: `Bearer ${secrets.token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    }),
    true,
  );

const pipeline = (method: string, path: string, body: unknown, headers: Headers = {}) =>
  kept(signedFetch(method, `${stack.endpoints.api}/pipeline/projects/shop${path}`, body, undefined, PIPELINE, headers));

const start = (versionId: string, headers: Headers = {}) =>
  pipeline(
    'POST',
    '/versions',
    {
      ...{ versionId, userId: LOCAL_USER, prompt: canaries.prompt, enhancedPrompt: canaries.enhancedPrompt },
      promptMetadata: { said: canaries.promptMetadata },
    },
    headers,
  );

const end = (versionId: string, more: object = {}, headers: Headers = {}) =>
  pipeline(
    'PATCH',
    `/versions/${versionId}`,
    { status: 'deployed', artifactUrl: 'https://artifacts.example.com/one', ...more },
    headers,
  );

const message = (body: string) =>
  sqs.send(new SendMessageCommand({ QueueUrl: stack.endpoints.queueUrl, MessageBody: body }));

const settled = (versionId: string) =>
  eventually(`the metadata of ${versionId}`, async () => {
    const { rows } = await database.query('select metadata_status from project_versions where version_id = $1', [
      versionId,
    ]);
    return rows[0]?.metadata_status !== 'pending';
  });

interface Line {
  level: string;
  message: string;
  correlation_id?: string;
  function_request_id?: string;
  [key: string]: unknown;
}

/** The structured lines of a function; what Lambda itself writes, and metrics, are others. */
const linesBy = (name: string): Line[] =>
  stack.function(name).log.flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const value = JSON.parse(line);
    return value._aws ? [] : [value as Line];
  });

describe('one id, from end to end', () => {
  const id = '01JNGC2E5RXW7M3T9Z0QKB4VHD-trace';

  test('is in the answers, the lines of the pipeline’s function and, by the message, in those of generate-metadata', async () => {
    const versionId = ulid();
    const headers = { 'x-correlation-id': id };
    for (const answer of [await start(versionId, headers), await end(versionId, {}, headers)])
      expect(answer.headers.get('x-correlation-id')).toBe(id);
    await settled(versionId);
    const done = await eventually('the line of the message', async () =>
      linesBy('GenerateMetadata').find((line) => line.message === 'message done' && line.versionId === versionId),
    );
    expect(done).toMatchObject({
      ...{ level: 'INFO', service: 'project-versions', function: expect.stringContaining('GenerateMetadata') },
      ...{ correlation_id: id, function_request_id: expect.any(String), messageId: expect.any(String) },
      ...{ projectId: 'shop', outcome: 'applied', elapsed_ms: expect.any(Number) },
    });
    const [, ended] = linesBy('RecordVersion').filter((line) => line.correlation_id === id);
    expect(ended).toMatchObject({
      ...{ message: 'request answered', status: 200, versionId, projectId: 'shop', requestId: expect.any(String) },
      routeKey: 'PATCH /pipeline/projects/{projectId}/versions/{versionId}',
    });
  });

  test('is where an operator sees a statement that waits', async () => {
    await database.query('begin; lock table project_versions in access exclusive mode');
    const listed = user('GET', '/versions', undefined, { 'x-correlation-id': 'who-waits-here' });
    try {
      const waiting = await eventually('the statement', async () => {
        // A transaction would go on seeing who was there at its first look.
        await database.query('select pg_stat_clear_snapshot()');
        const { rows } = await database.query(
          `select query from pg_stat_activity where wait_event_type = 'Lock' and query like '%correlation_id%'`,
        );
        return rows[0]?.query as string | undefined;
      });
      expect(waiting).toMatch(/version_history.list_versions[^;]*\n\/\* correlation_id=who-waits-here \*\/$/);
    } finally {
      await database.query('rollback');
    }
    expect((await listed).status).toBe(200);
  });

  test('is API Gateway’s where there is none, and in the line of a failure', async () => {
    stack.dataApi.faults.add({ kind: 'internal-error', count: 3 });
    const failed = await user('GET', '/versions');
    expect(failed.status).toBe(503);
    const given = failed.headers.get('x-correlation-id');
    expect(given).toBe(failed.headers.get('apigw-requestid'));
    const line = linesBy('ListVersions').find(({ correlation_id }) => correlation_id === given);
    expect(line).toMatchObject({
      ...{ level: 'ERROR', message: 'request failed', requestId: given, projectId: 'shop', status: 503 },
      error: { name: 'DatabaseUnavailable', causes: ['InternalServerErrorException'] },
    });
    // Places in the sources, whatever the bundle made of them.
    expect((line as { error?: { frames: string[] } } | undefined)?.error?.frames).toContainEqual(
      expect.stringMatching(/^at functions\/platform\/database\.ts:\d+:\d+$/),
    );
  });

  test('may be anything: what may not be one fails no request, and changes no statement', async () => {
    const { api } = stack.endpoints;
    const hostile = fc
      .array(
        fc.oneof(
          fc.constantFrom('*/', '/*', ' */ ; drop table project_versions; --', ':p1', "'", '"', '$1', '\\n', '%', '{}'),
          fc.string({
            unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
            maxLength: 40,
          }),
        ),
        { maxLength: 5 },
      )
      // What Node.js sends as a header at all.
      .map((parts) =>
        parts
          .join('')
          .replace(/[\x7f-\xa0]/g, '')
          .trim(),
      );
    await fc.assert(
      fc.asyncProperty(hostile, async (offered) => {
        const headers = { authorization: `Bearer ${secrets.token}`, 'x-correlation-id': offered };
        const answer = await send(api, {
          method: 'GET',
          target: '/projects/shop/versions?limit=1',
          headers,
          body: undefined,
        });
        expect(answer.status).toBe(200);
        const taken = answer.headers['x-correlation-id'];
        expect(taken).toBe(/^[\w.=+-]{1,128}$/.test(offered) ? offered : answer.headers['apigw-requestid']);
      }),
      runs(40),
    );
  });
});

/** What goes wrong inside of the database and quotes what it holds: the row in a detail line, the text in the message itself. */
const QUOTING = `
  alter table project_versions add constraint quoting check (user_comment is distinct from '${canaries.comment} again');
  create function quote_it() returns trigger language plpgsql as
    $$ begin raise exception 'no: %', new.prompt using detail = new.enhanced_prompt; end $$`;
const QUOTE_WRITES =
  'create trigger quoting before insert or update on project_versions for each row execute function quote_it()';

test('what users write, what opens doors, and SQL stand in no log, no answer of somebody else and no dead letter', async () => {
  const [one, two] = [ulid(), ulid()];
  const changes = { filesChanged: 1, commits: [canaries.commit] };
  await start(one, { 'idempotency-key': canaries.key });
  await end(one, { changes, recommendations: recommendations() });
  await start(two);
  stack.model.answers.add({ match: canaries.prompt, text: `{"name": "${canaries.answer}"}`, count: 2 });
  await end(two, { changes });
  await Promise.all([settled(one), settled(two)]);

  for (const [method, path, body] of [
    ['GET', '/versions'],
    ['GET', `/versions?q=${canaries.search}`],
    ['GET', `/versions/${one}`],
    ['PATCH', `/versions/${one}/metadata`, { name: canaries.name, description: canaries.described }],
    ['POST', `/versions/${one}/publish`, { comment: canaries.comment }],
    ['GET', '/publication'],
    ['GET', '/publications'],
    ['POST', '/unpublish', { versionId: one, comment: canaries.comment }],
    ['POST', `/versions/${one}/rollback`, { comment: canaries.comment }],
    ['DELETE', `/versions/${two}`],
    ['POST', `/versions/${two}/restore`],
  ] as const)
    expect((await user(method, path, body, { 'idempotency-key': `${canaries.key}${path}` })).status).toBeLessThan(300);

  // Wrong in every way a text can be wrong.
  for (const [method, path, body] of [
    ['GET', `/versions?q=${canaries.search.repeat(9)}`],
    ['GET', `/versions?cursor=${canaries.search}`],
    ['GET', `/versions?type=${canaries.search}`],
    ['PATCH', `/versions/${one}/metadata`, { type: canaries.name }],
    ['PATCH', `/versions/${one}/metadata`, `{"name": "${canaries.name}`],
    ['POST', `/versions/${one}/publish`, { comment: canaries.comment.repeat(30) }],
    ['POST', `/versions/${one}/publish`, { expectedPublishedVersionId: ` ${canaries.comment}` }],
  ] as const)
    expect((await user(method, path, body)).status).toBe(400);
  await pipeline('POST', '/versions', { userId: LOCAL_USER, prompt: `${canaries.prompt}\0`, framework: 7 });
  await pipeline('PATCH', `/versions/${one}`, { status: canaries.prompt, artifactChecksum: canaries.prompt });

  for (const body of [
    `{"prompt": "${canaries.prompt}`,
    JSON.stringify({
      type: 'generate-metadata',
      versionId: ulid(),
      projectId: 'shop',
      changes: { commits: [canaries.commit] },
    }),
    JSON.stringify({ type: canaries.prompt, versionId: one, projectId: 'shop' }),
    JSON.stringify({ type: 'generate-metadata', versionId: two, projectId: 'shop', isInitialBuild: canaries.commit }),
  ])
    await message(body);

  // Faults of the Data API, met by a reader, a writer, the pipeline, a message and the sweep.
  for (const kind of FAULTS) {
    stack.dataApi.faults.add({ kind, count: 1_000, delayMs: 10 });
    await Promise.all([
      user('GET', `/versions?q=${canaries.search}`),
      user('POST', `/versions/${one}/publish`, { comment: canaries.comment }),
      end(one, { changes, recommendations: recommendations() }),
      message(JSON.stringify({ type: 'generate-metadata', versionId: two, projectId: 'shop', changes })),
      stack.function('SweepMetadata').invoke({}),
    ]);
    stack.dataApi.faults.clear();
  }

  await database.query(QUOTING);
  const refused = await user('POST', `/versions/${two}/publish`, { comment: `${canaries.comment} again` });
  expect(refused.status).toBe(500);
  await database.query(
    `update project_versions set metadata_status = 'pending', metadata_queued_at = now() - interval '1 day', metadata_requeues = 0`,
  );
  await database.query(QUOTE_WRITES);
  expect((await start(ulid())).status).toBe(500);
  expect(await stack.function('SweepMetadata').invoke({})).toMatchObject({ ok: false });
  await message(JSON.stringify({ type: 'generate-metadata', versionId: two, projectId: 'shop', changes }));
  const letters = await eventually('the dead letters', async () => {
    const { queueUrl, deadLetterQueueUrl } = stack.endpoints;
    const taken = await takeLetters({
      name: 'metadata',
      worker: 'GenerateMetadata',
      sqs,
      queueUrl,
      deadLetterQueueUrl,
    });
    return taken.length >= 3 && taken;
  });
  expect(
    letters.flatMap(({ reason, correlationId, id }) => found([reason, correlationId, id].join(' '), secrets)),
  ).toEqual([]);

  const lines = await linesOf(logs);
  expect(lines.length).toBeGreaterThan(100);
  expect(lines.filter(({ line }) => found(line, secrets).length > 0)).toEqual([]);
  const leaks = (answer: string) => found(answer, secrets).filter((name) => answer >= '400' || !SEEN.includes(name));
  expect(answers.filter((answer) => leaks(answer).length > 0)).toEqual([]);
  // It can be found: what it looks for is there.
  expect(found(`x ${canaries.prompt} y`, secrets)).toEqual(['prompt']);
  expect(lines.filter(({ line }) => /"(DatabaseError|DatabaseUnavailable)"/.test(line)).length).toBeGreaterThan(10);
});

/** Each kind of error the functions make of one. */
const FAULTS: FaultKind[] = LONG
  ? (Object.keys(FAULT_KINDS) as FaultKind[])
  : ['internal-error', 'dropped-after', 'timeout-continues', 'oversize'];

const recommendations = () => ({
  schemaVersion: 1,
  recommendations: [
    {
      ...{ id: 1, title: canaries.title, description: canaries.described, category: 'c', complexity: 'low' },
      ...{ impact: 'low', versionHint: 'minor', prompt: canaries.recommended },
    },
  ],
  project_info: {
    ...{ type: 'shop', framework: 'react', version: '1.0.0', version_description: canaries.described },
    ...{ change_type: 'minor', breaking_risk: 'low' },
  },
});
