import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { type OutgoingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMINISTRATOR, type Credentials, PIPELINE } from '../../../infra/local/permissions/credentials.ts';
import { AccessDenied } from '../../../infra/local/permissions/permissions.ts';
import { startPolling } from '../../../infra/local/queue/poller.ts';
import { startQueueServer } from '../../../infra/local/queue/queue-server.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import { type LocalStack, startLocalStack } from '../../../infra/local/stack.ts';
import { synthesize } from '../../../infra/synthesize.ts';
import { probeFunction } from '../../support/probe-function.ts';
import { revoke } from '../../support/revoke.ts';
import { eventually } from '../../support/wait.ts';

// Without an issuer the users' routes are IAM routes too. Three functions lack one grant each, which only shows where it is needed.
let folder: string;
let stack: LocalStack;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enforcement-'));
  const { directory, stacks } = await synthesize({
    outdir: join(folder, 'cdk.out'),
    checks: false,
    context: { maxReceiveCount: '1', metadataTimeoutSeconds: '2', metadataBatchWindowSeconds: '0' },
  });
  await revoke(join(directory, stacks[0]?.templateFile ?? ''), [
    ['ListVersions', 'rds-data:ExecuteStatement'],
    ['RecordVersion', 'sqs:SendMessage'],
    ['GenerateMetadata', 'secretsmanager:GetSecretValue'],
  ]);
  stack = await startLocalStack({ assembly: directory, dataDir: join(folder, 'data'), durable: false });
});
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const build = () => ({ versionId: ulid(), userId: 'ada', prompt: 'Add a search page' });
const reports = () => `${stack.endpoints.api}/pipeline/projects/shop/versions`;

/** A report of a build, signed, then changed on its way. */
async function report(
  change: {
    credentials?: Credentials;
    /** Minutes from now. */
    at?: number;
    headers?: Record<string, string>;
    body?: string;
    method?: string;
  } = {},
): Promise<[status: number, body: unknown]> {
  const { credentials = PIPELINE, at = 0 } = change;
  const { hostname, port, host, pathname } = new URL(reports());
  const body = JSON.stringify(build());
  const signer = new SignatureV4({ service: 'execute-api', region: 'us-east-1', credentials, sha256: Sha256 });
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: 'http:',
      hostname,
      port: Number(port),
      path: pathname,
      query: {},
      headers: { host, 'content-type': 'application/json' },
      body,
    },
    { signingDate: new Date(Date.now() + at * 60_000) },
  );
  const response = await fetch(reports(), {
    method: 'POST',
    headers: { ...signed.headers, ...change.headers },
    body: change.body ?? body,
  });
  return [response.status, await response.json()];
}

const FORBIDDEN = [403, { message: 'Forbidden' }];

describe('an IAM route', () => {
  it('takes a signed request of the pipeline role', async () => {
    expect(await report()).toEqual([201, expect.objectContaining({ status: 'building' })]);
  });

  it.each<[string, Parameters<typeof report>[0]]>([
    ['a body that is not the one that was signed', { body: JSON.stringify({ userId: 'eve', prompt: 'x' }) }],
    ['a wrong signature', { credentials: { ...PIPELINE, secretAccessKey: 'guessed' } }],
    ['an access key nobody has', { credentials: { ...PIPELINE, accessKeyId: 'ASIANOBODY0000000000' } }],
    ['a session without its token', { credentials: { ...PIPELINE, sessionToken: '' } }],
    ['a date six minutes ago', { at: -6 }],
    ['a date six minutes ahead', { at: 6 }],
    ['a date that is not the signed one', { headers: { 'x-amz-date': '20260101T000000Z' } }],
    ['a signed header changed', { headers: { 'content-type': 'text/plain' } }],
    ['no signature', { headers: { authorization: 'Bearer x' } }],
  ])('answers %s with 403 as API Gateway does', async (_, change) => {
    expect(await report(change)).toEqual(FORBIDDEN);
  });

  it('takes a request whose clock is four minutes off', async () => {
    expect((await report({ at: -4 }))[0]).toBe(201);
  });

  it('of the users is closed to the pipeline role, and open to an administrator', async () => {
    const list = (credentials: Credentials) =>
      signedFetch('GET', `${stack.endpoints.api}/projects/shop/versions?userId=ada`, undefined, undefined, credentials);
    const refused = await list(PIPELINE);
    expect([refused.status, await refused.json()]).toEqual(FORBIDDEN);
    // It reaches the function, which lacks a grant of its own.
    expect((await list(ADMINISTRATOR)).headers.get('content-type')).toBe('application/problem+json');
  });
});

describe('whoever is not meant to be here', () => {
  const ports = () => {
    const { api, issuer, sqs, dataApi, secretsManager, model } = stack.endpoints;
    return { api, issuer, sqs, dataApi, secretsManager, model };
  };
  const status = (url: string, method: string, headers: OutgoingHttpHeaders, body = ''): Promise<number | undefined> =>
    new Promise((settle, fail) => {
      const sent = request(url, { method, headers }, (response) => {
        response.resume().on('end', () => settle(response.statusCode));
      });
      sent.on('error', fail).end(body);
    });

  it('by another name than this machine’s meets a 403 at every port', async () => {
    for (const url of Object.values(ports()))
      for (const host of ['evil.test', 'evil.test:4600', '127.0.0.1.evil.test', 'localhost.evil.test'])
        expect([url, await status(url, 'POST', { host })]).toEqual([url, 403]);
    expect(await status(stack.endpoints.api, 'GET', { host: 'localhost:4600' })).not.toBe(403);
  });

  it('as a web page meets a 403 at every port but those that serve pages', async () => {
    const { api: _, issuer: __, ...others } = ports();
    for (const [name, url] of Object.entries(others))
      for (const path of ['/', '/_faults', '/_answers'])
        for (const headers of [{ origin: 'https://evil.test' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }])
          expect([name, await status(url + path, 'POST', headers, '{}')]).toEqual([name, 403]);
  });

  it('without a signature adds no fault and no answer', async () => {
    const { dataApi, model } = stack.endpoints;
    expect(await status(`${dataApi}/_faults`, 'POST', {}, '{"kind":"throttled"}')).toBe(403);
    expect(await status(`${model}/_answers`, 'POST', {}, '{"error":"ThrottlingException"}')).toBe(403);
    expect(stack.dataApi.faults.list()).toEqual([]);
  });

  it('finds at the queue’s port SQS and nothing else', async () => {
    const { sqs } = stack.endpoints;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const json = { 'content-type': 'application/x-amz-json-1.0' };
    expect(await status(`${sqs}/_fauxqs/queues`, 'GET', {})).toBe(404);
    expect(await status(`${sqs}/bucket/key`, 'PUT', {}, 'x')).toBe(404);
    expect(await status(sqs, 'POST', form, 'Action=Publish&TopicArn=x&Message=y')).toBe(404);
    expect(await status(sqs, 'POST', { ...json, 'x-amz-target': 'AmazonSQS.SendMessage' }, '{}')).toBe(403);
  });

  it('as another account of the machine reads nothing of its data', async () => {
    for (const name of ['data', 'data/queues'])
      expect([name, (await stat(join(folder, name))).mode & 0o077]).toEqual([name, 0]);
  });
});

/** The failure a function logged after `from` lines of its log. */
const failure = (functionId: string, pattern: RegExp, from = 0): Promise<string> =>
  eventually(`${pattern} in the log of ${functionId}`, async () =>
    stack
      .function(functionId)
      .log.slice(from)
      .find((line) => pattern.test(line)),
  );

describe('a function whose grant is not in the template fails', () => {
  it('rds-data: the list cannot be read', async () => {
    const { api } = stack.endpoints;
    const response = await signedFetch(
      'GET',
      `${api}/projects/shop/versions?userId=ada`,
      undefined,
      undefined,
      ADMINISTRATOR,
    );
    expect(response.status).toBe(500);
    await failure('ListVersions', /AccessDenied/);
  });

  it('sqs send: the report is kept, its message is not', async () => {
    const body = build();
    expect((await signedFetch('POST', reports(), body)).status).toBe(201);
    const response = await signedFetch('PATCH', `${reports()}/${body.versionId}`, { status: 'deployed' });
    expect(response.status).toBe(503);
    await failure('RecordVersion', /AccessDenied/);
  });

  it('secretsmanager: the worker cannot open the database', async () => {
    const { sqs: endpoint, region, queueUrl: QueueUrl } = stack.endpoints;
    const client = new SQSClient({ endpoint, region, credentials: ADMINISTRATOR });
    const MessageBody = JSON.stringify({ type: 'generate-metadata', versionId: ulid(), projectId: 'shop' });
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    client.destroy();
    await failure('GenerateMetadata', /AccessDenied/);
  });

  it('sqs receive: the stack does not start, as it would not deploy', async () => {
    const assembly = join(folder, 'probe');
    await cp(join(import.meta.dirname, '../../support/assembly'), assembly, { recursive: true });
    await revoke(join(assembly, 'Probe.template.json'), [['Work', 'sqs:ReceiveMessage']]);
    await expect(startLocalStack({ assembly, dataDir: join(folder, 'probe-data'), durable: false })).rejects.toThrow(
      'Mapping: The provided execution role does not have permissions to call ReceiveMessage on SQS',
    );
  });
});

it('a mapping that is refused while it runs says so in its function’s log, once', async () => {
  const refuse = {
    authenticate: async () => {},
    authorize: (_: string, action: string) => {
      throw new AccessDenied(`not authorized to perform: ${action}`);
    },
  };
  const queues = await startQueueServer(join(folder, 'queues'), 0, 'us-east-1', refuse);
  const pool = probeFunction('work');
  const { url: queueUrl, arn: queueArn } = queues.declare('work', {});
  const stop = startPolling({
    ...{ queueUrl, queueArn, region: 'us-east-1', endpoint: queues.url, function: pool },
    ...{ batchSize: 10, batchingWindowSeconds: 0, maxConcurrency: 2, reportsItemFailures: true },
  });
  // Refused every 500 ms.
  await sleep(1_300);
  await Promise.all([stop(), queues.close(), pool.stop()]);
  expect(pool.log).toEqual([
    `PROBLEM: event source mapping of ${queueArn}: not authorized to perform: sqs:receivemessage`,
  ]);
});

describe('the credentials of a function', () => {
  const refusal = (roleAndSession: string, action: string, resource: string) =>
    `User: arn:aws:sts::000000000000:assumed-role/${roleAndSession} is not authorized to perform: ${action} ` +
    `on resource: ${resource} because no identity-based policy allows the ${action} action`;
  const who = (functionId: string) => {
    const { config, credentials } = stack.function(functionId);
    return { credentials, session: new RegExp(`^[\\w-]*${functionId}Role\\w*/${config.name}$`) };
  };
  const query = async (credentials: Credentials): Promise<unknown> => {
    const { dataApi: endpoint, region, clusterArn: resourceArn, secretArn, database } = stack.endpoints;
    const client = new RDSDataClient({ endpoint, region, credentials });
    try {
      const command = new ExecuteStatementCommand({ resourceArn, secretArn, database, sql: 'select 1' });
      return (await client.send(command)).records;
    } catch (error) {
      return { name: (error as Error).name, message: (error as Error).message };
    } finally {
      client.destroy();
    }
  };
  const send = async (credentials: Credentials): Promise<unknown> => {
    const { sqs: endpoint, region, deadLetterQueueUrl: QueueUrl } = stack.endpoints;
    const client = new SQSClient({ endpoint, region, credentials });
    try {
      return (await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))).$metadata.httpStatusCode;
    } catch (error) {
      return { name: (error as Error).name, message: (error as Error).message };
    } finally {
      client.destroy();
    }
  };

  it('are its own, other ones at every start', () => {
    const ids = stack.functions.map(({ credentials }) => credentials.accessKeyId);
    expect(new Set(ids).size).toBe(stack.functions.length);
    expect(ids.every((id) => /^ASIA[A-Z2-7]{16}$/.test(id))).toBe(true);
  });

  it('are refused by the Data API in AWS’s words', async () => {
    const { credentials, session } = who('ListVersions');
    const { name, message } = (await query(credentials)) as Error;
    expect(name).toBe('AccessDeniedException');
    const [, caller = ''] = /assumed-role\/(\S+) is not/.exec(message) ?? [];
    expect(caller).toMatch(session);
    expect(message).toBe(refusal(caller, 'rds-data:ExecuteStatement', stack.endpoints.clusterArn));
  });

  it('are refused by SQS in AWS’s words, and taken where the role may send', async () => {
    const { credentials, session } = who('RecordVersion');
    const { name, message } = (await send(credentials)) as Error;
    expect(name).toBe('AccessDenied');
    const [, caller = ''] = /assumed-role\/(\S+) is not/.exec(message) ?? [];
    expect(caller).toMatch(session);
    expect(message).toBe(refusal(caller, 'sqs:sendmessage', String(stack.outputs.DeadLetterQueueArn)));
    expect(await send(who('GenerateMetadata').credentials)).toBe(200);
  });

  it('nobody has are refused by both', async () => {
    const nobody = { accessKeyId: 'ASIANOBODY0000000000', secretAccessKey: 'x', sessionToken: 'x' };
    const message = 'The security token included in the request is invalid.';
    expect(await query(nobody)).toEqual({ name: 'UnrecognizedClientException', message });
    expect(await send(nobody)).toEqual({ name: 'InvalidClientTokenId', message });
    expect(await query(ADMINISTRATOR)).toEqual([[{ longValue: 1 }]]);
  });

  it('are of no use without the secret key, at any service', async () => {
    const guessed = { ...ADMINISTRATOR, secretAccessKey: 'guessed' };
    expect(await query(guessed)).toMatchObject({ name: 'InvalidSignatureException' });
    expect(await send(guessed)).toMatchObject({ name: 'SignatureDoesNotMatch' });
    const { region, secretsManager, secretArn: SecretId } = stack.endpoints;
    const secrets = new SecretsManagerClient({ endpoint: secretsManager, region, credentials: guessed });
    await expect(secrets.send(new GetSecretValueCommand({ SecretId }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    secrets.destroy();
  });
});
