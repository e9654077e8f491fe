import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Endpoints, readEndpoints } from '../../../infra/local/endpoints.ts';
import { nextSteps } from '../../../infra/local/next-steps.ts';
import { ADMINISTRATOR, PIPELINE } from '../../../infra/local/permissions/credentials.ts';
import { eventually } from '../../support/wait.ts';

const commands = join(import.meta.dirname, '../../../infra/local');

/** Runs a command as its npm script does, and gives what it wrote and its exit status. */
async function run(name: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [join(commands, `${name}.ts`), ...args])) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

const [, curl = '0'] = /^curl (\d+\.\d+)/.exec(spawnSync('curl', ['--version']).stdout?.toString() ?? '') ?? [];
// Before, it signed neither other headers nor the port of the host.
const curlVersion = Number(curl);

describe('the real stack, started from the command line', () => {
  let dataDir: string;
  let started: ChildProcess;
  let endpoints: Endpoints;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'start-'));
    await writeFile(join(dataDir, 'not-ours.txt'), 'kept');
    const args = [join(commands, 'start.ts'), '--data', dataDir, '--port', '0', '--no-sample', '--quiet'];
    started = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    endpoints = await eventually('endpoints.json', () => readEndpoints(dataDir).catch(() => undefined), 110_000);
  });
  let following: ChildProcess | undefined;
  afterAll(async () => {
    following?.kill();
    started.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  it('token prints a token of a user that the API takes', async () => {
    const { stdout } = await run('token', '--user', 'ada', '--data', dataDir);
    const response = await fetch(`${endpoints.api}/projects/none/versions`, {
      headers: { authorization: `Bearer ${stdout.trim()}` },
    });
    expect(response.status).toBe(404);
    expect(JSON.parse(Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      sub: 'ada',
      aud: 'project-versions',
    });
  });

  it('env prints lines a shell takes', async () => {
    const { stdout } = await run('env', '--data', dataDir);
    const shell = await promisify(execFile)('/bin/sh', [
      '-c',
      `${stdout}\necho "$AWS_ENDPOINT_URL_SQS $AWS_ENDPOINT_URL_RDS_DATA $AWS_REGION $SECRET_ARN"`,
    ]);
    expect(shell.stdout.trim()).toBe(`${endpoints.sqs} ${endpoints.dataApi} us-east-1 ${endpoints.secretArn}`);
  });

  it('the start ends with the address of the page and few short lines', () => {
    const lines = nextSteps(endpoints.api, 'shop', join(import.meta.dirname, '../../../.local'))
      .trim()
      .split('\n');
    expect(lines[1]?.trim()).toBe(`${endpoints.api}/?project=shop&checkpoints`);
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
  });

  /** The example that begins so, typed into a shell. */
  const typed = async (beginning: string): Promise<unknown> => {
    const lines = (await run('examples', '--data', dataDir)).stdout.split('\n');
    const line = lines.map((each) => each.trim()).find((each) => each.startsWith(beginning));
    return JSON.parse((await promisify(execFile)('/bin/sh', ['-c', line ?? 'exit 1'])).stdout);
  };

  it.skipIf(curlVersion < 7.87)(
    'what it prints to type works: a build reported by the pipeline, and then listed',
    async () => {
      const report = (await typed(`curl -s '${endpoints.api}/pipeline/`)) as { id: string };
      expect(report).toMatchObject({ status: 'building', metadataStatus: 'pending' });
      expect(await typed(`curl -s '${endpoints.api}/projects/`)).toMatchObject({
        versions: [{ id: report.id }],
        total: 1,
      });
    },
  );

  it.skipIf(spawnSync('aws', ['--version']).status !== 0)(
    'what it prints to type works: the AWS CLI at the queue and the database',
    async () => {
      const aws = `AWS_ACCESS_KEY_ID=${ADMINISTRATOR.accessKeyId} AWS_SECRET_ACCESS_KEY=${ADMINISTRATOR.secretAccessKey} aws --region us-east-1 --endpoint-url`;
      expect(await typed(`${aws} ${endpoints.sqs} sqs`)).toMatchObject({
        Attributes: { QueueArn: expect.any(String) },
      });
      expect(await typed(`${aws} ${endpoints.dataApi} rds-data`)).toMatchObject({ records: [[{ longValue: 1 }]] });
    },
  );

  it('env gives a shell the credentials the stack knows', async () => {
    const { stdout } = await run('env', '--data', dataDir);
    const environment = { ...process.env, AWS_SESSION_TOKEN: 'of another account', AWS_PROFILE: 'work' };
    const shell = await promisify(execFile)('/bin/sh', ['-c', `${stdout}\nenv`], { env: environment });
    const variables = Object.fromEntries(shell.stdout.split('\n').map((line) => line.split(/=(.*)/s)));
    expect(variables).toMatchObject({
      AWS_ACCESS_KEY_ID: ADMINISTRATOR.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ADMINISTRATOR.secretAccessKey,
      PIPELINE_ACCESS_KEY_ID: PIPELINE.accessKeyId,
      PIPELINE_SECRET_ACCESS_KEY: PIPELINE.secretAccessKey,
      PIPELINE_SESSION_TOKEN: PIPELINE.sessionToken,
    });
    expect(variables).not.toHaveProperty('AWS_SESSION_TOKEN');
    expect(variables).not.toHaveProperty('AWS_PROFILE');
  });

  it('rotate gives a login another password, and names the logins there are', async () => {
    const { code, stdout } = await run('rotate', '--secret', 'api', '--data', dataDir);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/:secret:\S*ApiSecret-\w{6}\nhas a new password since [\d.]+ s\.\n$/),
    ]);
    expect(await run('rotate', '--secret', 'owner', '--data', dataDir)).toMatchObject({
      code: 1,
      stderr: '--secret: got "owner", allowed is api or worker\n',
    });
    expect(await run('rotate')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('npm run rotate -- --secret api'),
    });
  });

  it('dead-letters says what could not be worked on and why, and puts it back', async () => {
    // GenerateMetadata was never called, so it has no log yet.
    const logs = join(commands, '../cli/logs.ts');
    following = spawn(process.execPath, [logs, '--follow', '--data', dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let followed = '';
    following.stdout?.setEncoding('utf8').on('data', (text: string) => {
      followed += text;
    });
    const credentials = ADMINISTRATOR;
    const sqs = new SQSClient({ endpoint: endpoints.sqs, region: endpoints.region, credentials });
    const coffee = new SendMessageCommand({ QueueUrl: endpoints.queueUrl, MessageBody: '{"type":"make-coffee"}' });
    const { MessageId = '' } = await sqs.send(coffee);
    sqs.destroy();
    const [letter] = await eventually('the dead letter', async () => {
      const { stdout } = await run('../cli/dead-letters', 'list', '--json', '--data', dataDir);
      const letters = JSON.parse(stdout);
      return letters.length > 0 && letters;
    });
    expect(letter).toMatchObject({ queue: 'metadata', reason: expect.stringMatching(/^type: /) });
    const depths = await run('../cli/queue', '--json', '--data', dataDir);
    expect([depths.code, JSON.parse(depths.stdout)]).toEqual([
      3,
      ['metadata', 'metadata', 'migrations', 'migrations'].map((queue, index) => ({
        ...{ queue, dead: index % 2 === 1, waiting: index === 1 ? 1 : 0, inFlight: 0, delayed: 0 },
        oldestSeconds: index === 1 ? expect.any(Number) : null,
      })),
    ]);
    expect((await run('../cli/queue', '--data', dataDir)).stdout).toMatch(
      /metadata, dead letters +1 .* ! npm run dead-letters/,
    );
    const told = await run('../cli/logs', '--function', 'generate', '--id', MessageId, '--data', dataDir);
    expect(told.stdout).toMatch(
      /^\S+ \S+ WARN +GenerateMetadata +message moves to the dead-letter queue .*messageId=\S+/,
    );
    await eventually('the line', async () => followed.includes(told.stdout), 20_000);
    following.kill();
    const shown = await run('../cli/dead-letters', 'show', letter.id, '--data', dataDir);
    expect(shown.stdout).toContain('"make-coffee"');
    const redriven = await run('../cli/dead-letters', 'redrive', letter.id, '--data', dataDir);
    expect(redriven).toMatchObject({ code: 0, stdout: expect.stringMatching(/1\/1 .*\n1 back on the queue\.\n$/) });
    expect(await run('../cli/dead-letters', 'show', letter.id, '--data', dataDir)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('See: npm run dead-letters -- list'),
    });
    expect(await run('../cli/dead-letters', 'redrive', '--data', dataDir)).toMatchObject({ code: 2 });
  });

  /** Runs a statement as the owner of the tables. */
  const execute = async (sql: string): Promise<void> => {
    const { region, clusterArn: resourceArn, secretArn, database } = endpoints;
    const dataApi = new RDSDataClient({ endpoint: endpoints.dataApi, region, credentials: ADMINISTRATOR });
    await dataApi.send(new ExecuteStatementCommand({ resourceArn, secretArn, database, sql }));
    dataApi.destroy();
  };

  it('generate says how many old versions there are and what they cost, and then asks for them', async () => {
    await execute(`insert into project_versions (project_id, version_id, user_id, prompt, status, metadata_status, deployed_at)
      values ('old', '01J00000000000000000000000', 'local-user', 'Add a map', 'deployed', 'none', now())`);
    const refused = await run('../cli/generate', '--all', '--data', dataDir);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('add --yes') });
    expect(refused.stdout).toMatch(/^1 versions without metadata in the local stack in \S+; no model is configured/);
    const asked = await run('../cli/generate', '--all', '--yes', '--json', '--data', dataDir);
    expect(JSON.parse(asked.stdout)).toEqual({ versions: 1, modelCalls: 0, asked: 1, refused: 0 });
    await eventually('the metadata', async () => {
      const { stdout } = await run('../cli/generate', '--all', '--dry-run', '--json', '--data', dataDir);
      return JSON.parse(stdout).versions === 0;
    });
  });

  it('integrity is checked by the schedule and by hand, and what is wrong is told with its ids', async () => {
    const logged = await eventually('the schedule', async () => {
      const { stdout } = await run(
        '../cli/logs',
        '--function',
        'CheckIntegrity',
        '--metrics',
        '--json',
        '--data',
        dataDir,
      );
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line || '{}'));
      return lines.some(({ level }) => level === 'METRIC') && lines;
    });
    expect(logged).toContainEqual(
      expect.objectContaining({
        message: 'integrity was checked',
        fields: expect.objectContaining({ state: 'new', versions: expect.any(Number), findings: 0 }),
      }),
    );
    expect(logged).toContainEqual(
      expect.objectContaining({
        level: 'METRIC',
        fields: expect.objectContaining({ stack: 'ProjectVersions', IntegrityFindings: 0 }),
      }),
    );
    expect(await run('../cli/integrity', '--data', dataDir)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Nothing is wrong: \d+ versions of the local stack in \S+, migrations: new\.\n$/),
    });
    for (const sql of [
      'alter table version_history.recommendations drop constraint recommendations_version_id_fkey',
      `insert into version_history.recommendations (version_id, project_id, user_id, document) values ('gone', 'shop', 'ada', '{}')`,
    ])
      await execute(sql);
    const found = await run('../cli/integrity', '--data', dataDir);
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/^2 findings: /);
    expect(found.stdout).toMatch(
      /orphaned_recommendations, 1: .*\n .*\n +shop +gone +recommendations of no version\n +What to do: /,
    );
    const { total, counts } = JSON.parse((await run('../cli/integrity', '--json', '--data', dataDir)).stdout);
    expect({ total, schema: counts.schema }).toEqual({ total: 2, schema: 1 });
  });

  it('reset leaves a running stack alone', async () => {
    const { code, stderr } = await run('reset', '--data', dataDir);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`already running on ${dataDir}, as process ${started.pid}`),
    ]);
  });

  it('ends in order on Ctrl-C, and reset then empties its data and nothing else', async () => {
    started.kill('SIGINT');
    expect(await once(started, 'exit')).toEqual([0, null]);
    expect((await run('reset', '--data', dataDir)).code).toBe(0);
    expect(await readdir(dataDir)).toEqual(['not-ours.txt']);
  });
});

it('env and token say when nothing was started', async () => {
  const nothing = join(tmpdir(), 'no-such-stack');
  for (const command of ['env', 'token']) {
    const { code, stderr } = await run(command, '--data', nothing);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('no local stack was started there. Start one with: npm start'),
    ]);
  }
});

it('an unknown option is an error that names it, without a stack trace', async () => {
  const { code, stderr } = await run('start', '--prot', '1');
  expect([code, stderr]).toEqual([
    2,
    "Unknown option '--prot'. Known are --port, --data, --sample, --quiet, --watch, --model, --help\n",
  ]);
});
