import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Endpoints } from '../../../infra/local/endpoints.ts';
import { ADMINISTRATOR } from '../../../infra/local/permissions/credentials.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import { type LocalStack, startLocalStack } from '../../../infra/local/stack.ts';
import { alive } from '../../support/probe-function.ts';

const ASSEMBLY = join(import.meta.dirname, '../../support/assembly');
const RUNNER = join(import.meta.dirname, '../../support/run-assembly.ts');

/** The assembly with its template changed. */
async function assemblyWith(
  change: (template: { Resources: Record<string, { Properties: Record<string, unknown> }> }) => void,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'assembly-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(ASSEMBLY, folder, { recursive: true });
  const file = join(folder, 'Probe.template.json');
  const template = JSON.parse(await readFile(file, 'utf8'));
  change(template);
  await writeFile(file, JSON.stringify(template));
  return folder;
}

const start = (dataDir: string, assembly: string | Promise<string> = ASSEMBLY) =>
  startLocalStack({ assembly, dataDir, durable: false });
const logged = (stack: LocalStack, name: string, key: string) =>
  stack
    .function(name)
    .log.filter((line) => line.startsWith(`{"${key}"`))
    .map((line) => JSON.parse(line)[key]);
const sqs = (endpoints: Endpoints) =>
  new SQSClient({
    endpoint: endpoints.sqs,
    region: endpoints.region,
    credentials: ADMINISTRATOR,
  });

// One folder for the whole file: making a database takes longer than all the tests on it. Each start below is on what the last one left.
let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'local-stack-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

describe('a first start', () => {
  let stack: LocalStack;
  beforeAll(async () => {
    stack = await start(dataDir);
  });
  afterAll(() => stack.stop());

  it('creates the custom resource through its provider before what depends on it, and gives its attributes', () => {
    const [request] = logged(stack, 'OnEvent', 'onEvent');
    expect(request).toMatchObject({
      RequestType: 'Create',
      LogicalResourceId: 'Migrations',
      ResourceType: 'Custom::Migrations',
      ResourceProperties: { migrationsHash: 'first', count: '3' },
    });
    expect(logged(stack, 'IsComplete', 'isComplete')).toEqual(['migrations', 'migrations']);
    expect(stack.outputs.Applied).toBe('3');
  });

  it('starts functions when they are called, not before', () => {
    expect(stack.function('Echo').processes).toBe(0);
  });

  it('gives the functions what the template refers to, and where the services are', async () => {
    const response = await fetch(`${stack.endpoints.api}/open/x`);
    const { environment } = (await response.json()) as { environment: Record<string, string> };
    expect(environment).toMatchObject({
      DATABASE_CLUSTER_ARN: 'arn:aws:rds:us-east-1:000000000000:cluster:probe-cluster',
      DATABASE_SECRET_ARN: stack.endpoints.secretArn,
      QUEUE_URL: stack.endpoints.queueUrl,
      AWS_ENDPOINT_URL_RDS_DATA: stack.endpoints.dataApi,
      AWS_ENDPOINT_URL_SQS: stack.endpoints.sqs,
    });
    expect(stack.endpoints.secretArn).toMatch(
      /^arn:aws:secretsmanager:us-east-1:000000000000:secret:rds!cluster-probe-cluster-[A-Za-z0-9]{6}$/,
    );
  });

  it("serves the template's routes with the authorizers it declares", async () => {
    const get = (path: string, headers: Record<string, string> = {}) => fetch(stack.endpoints.api + path, { headers });
    const user = { authorization: `Bearer ${stack.endpoints.token}` };
    expect((await get('/projects/p/versions')).status).toBe(401);
    expect((await get('/projects/p/versions', user)).status).toBe(200);
    const other = await stack.mintToken({ subject: 'ada', audience: 'other' });
    expect((await get('/projects/p/versions', { authorization: other })).status).toBe(401);
    expect(
      (await fetch(`${stack.endpoints.api}/pipeline/projects/p/versions`, { method: 'POST', headers: user })).status,
    ).toBe(403);
    expect((await get('/nowhere')).status).toBe(404);
  });

  it('tells the function of an IAM route who signed', async () => {
    const url = `${stack.endpoints.api}/pipeline/projects/p/versions`;
    const { event } = (await (await signedFetch('POST', url, {}, undefined, ADMINISTRATOR)).json()) as {
      event: { requestContext: { authorizer: object } };
    };
    expect(event.requestContext.authorizer).toMatchObject({
      iam: {
        accessKey: ADMINISTRATOR.accessKeyId,
        accountId: '000000000000',
        userArn: 'arn:aws:iam::000000000000:user/administrator',
      },
    });
  });

  it("feeds the queue's function", async () => {
    const client = sqs(stack.endpoints);
    await client.send(new SendMessageCommand({ QueueUrl: stack.endpoints.queueUrl, MessageBody: 'hello' }));
    await vi.waitFor(
      () => expect(logged(stack, 'Work', 'batch').flat()).toMatchObject([{ body: 'hello', count: '1' }]),
      { timeout: 5_000 },
    );
    client.destroy();
  });

  it('has a master user that owns its database, is no superuser and does not bypass row-level security', async () => {
    const client = new pg.Client(stack.postgres.url(undefined, undefined, 'probe'));
    await client.connect();
    const { rows } = await client.query(
      `select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolcanlogin from pg_database join pg_roles on pg_roles.oid = datdba
       where datname = 'probe' and rolname = 'probe_owner'`,
    );
    await client.end();
    expect(rows).toEqual([
      { rolsuper: false, rolbypassrls: false, rolcreatedb: true, rolcreaterole: true, rolcanlogin: true },
    ]);
  });

  it('says where it is in endpoints.json, for its owner alone', async () => {
    const file = join(dataDir, 'endpoints.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(stack.endpoints);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('writes what functions log to files', async () => {
    expect(await readFile(join(dataDir, 'logs', 'Probe-OnEvent.log'), 'utf8')).toContain('{"onEvent":');
  });

  it('is alone on its data folder', async () => {
    await expect(start(dataDir)).rejects.toThrow(`already running on ${dataDir}, as process ${process.pid}`);
  });
});

describe('a later start on the same data', () => {
  it('leaves an unchanged custom resource alone, keeps the secret, and takes tokens of the first', async () => {
    const { token, secretArn } = JSON.parse(await readFile(join(dataDir, 'endpoints.json'), 'utf8')) as Endpoints;
    const stack = await start(dataDir);
    expect(logged(stack, 'OnEvent', 'onEvent')).toEqual([]);
    expect(stack.outputs.Applied).toBe('3');
    expect(stack.endpoints.secretArn).toBe(secretArn);
    const response = await fetch(`${stack.endpoints.api}/projects/p/versions`, { headers: { authorization: token } });
    expect(response.status).toBe(200);
    await stack.stop();
  });

  it('updates a changed one, with its old properties', async () => {
    const changed = assemblyWith(({ Resources }) => {
      Object.assign(Resources.Migrations?.Properties ?? {}, { migrationsHash: 'second' });
    });
    const stack = await start(dataDir, changed);
    expect(logged(stack, 'OnEvent', 'onEvent')).toMatchObject([
      {
        RequestType: 'Update',
        PhysicalResourceId: 'migrations',
        ResourceProperties: { migrationsHash: 'second' },
        OldResourceProperties: { migrationsHash: 'first' },
      },
    ]);
    await stack.stop();
  });
});

describe('a start that cannot succeed', () => {
  const failing = (fail: string) =>
    assemblyWith(({ Resources }) => {
      Object.assign(Resources.Migrations?.Properties ?? {}, { fail });
    });

  it.each([
    ['onEvent', 'Migrations (Custom::Migrations) failed: the migration 002 does not compile'],
    ['never', 'Migrations: operation timed out; isComplete was not true after 3 calls, 1 s apart'],
  ])("stops with the custom resource's reason (%s) and leaves nothing behind", async (fail, message) => {
    await expect(start(dataDir, failing(fail))).rejects.toThrow(message);
    expect(await processesMentioning(dataDir)).toEqual([]);
  });

  it('stops on a type it does not know, naming it', async () => {
    const unknown = assemblyWith(({ Resources }) => {
      Object.assign(Resources, { Sweep: { Type: 'AWS::Unheard::Of', Properties: {} } });
    });
    await expect(start(dataDir, unknown)).rejects.toThrow('does not know how to run Sweep (AWS::Unheard::Of)');
  });
});

it('killed with -9 leaves no process and loses no message', async () => {
  const child = spawn(process.execPath, [RUNNER, ASSEMBLY, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  const { endpoints, parkedUrl, functionPid } = JSON.parse(String(line));
  const client = sqs(endpoints);
  await client.send(new SendMessageCommand({ QueueUrl: parkedUrl, MessageBody: 'still here' }));
  child.kill('SIGKILL');
  await once(child, 'exit');
  client.destroy();
  await vi.waitFor(() => expect(alive(functionPid)).toBe(false), { timeout: 3_000 });

  const stack = await start(dataDir);
  const again = sqs(stack.endpoints);
  const { Messages } = await again.send(new ReceiveMessageCommand({ QueueUrl: stack.outputs.ParkedUrl }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(['still here']);
  again.destroy();
  await stack.stop();
  expect(await processesMentioning(dataDir)).toEqual([]);
});

/** Command lines of live processes that name a path: PostgreSQL's names its data folder. */
async function processesMentioning(path: string): Promise<string[]> {
  const lines = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(path));
}
