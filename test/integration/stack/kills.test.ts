import { setTimeout as sleep } from 'node:timers/promises';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import pg from 'pg';
import semver from 'semver';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LOCAL_USER } from '../../../infra/local/endpoints.ts';
import { ADMINISTRATOR } from '../../../infra/local/permissions/credentials.ts';
import { allReleases, versionId } from '../../../infra/local/sample/releases.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { LONG } from '../../support/effort.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { eventually } from '../../support/wait.ts';

const KILLS = LONG ? 100 : 2;
const PROJECT = 'killed';

let stack: LocalStack;
let close: () => Promise<void>;
let database: pg.Client;
beforeAll(async () => {
  // A message whose worker was killed is back after six times the timeout.
  ({ stack, close } = await startTestStack({ maxReceiveCount: '50' }));
  database = new pg.Client(stack.postgres.url(undefined, undefined, stack.endpoints.database));
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await close?.();
});

/** A report as a pipeline makes it: again until it is answered with a success. */
async function report(method: string, path: string, body: object): Promise<void> {
  await eventually(`${method} ${path}`, async () => {
    const { status } = await signedFetch(
      method,
      `${stack.endpoints.api}/pipeline/projects/${PROJECT}/versions${path}`,
      body,
    );
    return status < 300;
  });
}

interface Row {
  version_id: string;
  metadata_status: string;
  number: string;
}
const rows = async () =>
  (
    await database.query<Row>(
      `select version_id, metadata_status, concat_ws('.', major_version, minor_version, patch_version) as number
         from project_versions where project_id = $1 order by version_id`,
      [PROJECT],
    )
  ).rows;

async function deadLetters(): Promise<string> {
  const sqs = new SQSClient({
    endpoint: stack.endpoints.sqs,
    region: stack.endpoints.region,
    credentials: ADMINISTRATOR,
  });
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: stack.endpoints.deadLetterQueueUrl, MaxNumberOfMessages: 10 }),
  );
  sqs.destroy();
  return Messages.map(({ Body }) => Body).join();
}

test(`${KILLS} times kill -9 of function processes while a real history replays: all of it is applied or a dead letter`, async () => {
  const releases = allReleases().filter(({ project }) => project === 'ankane/strong_migrations');
  const victims = [stack.function('GenerateMetadata'), stack.function('RecordVersion')];
  let kills = 0;
  const sent = new Set<string>();
  const killing = (async () => {
    while (kills < KILLS) {
      await sleep(Math.random() * 400);
      kills += await (victims[Math.random() < 0.7 ? 0 : 1] as (typeof victims)[number]).crash();
    }
  })();
  // Round after round, under new ids, until everybody has died who has to.
  for (let round = 0; kills < KILLS; round++) {
    for (const release of releases) {
      if (kills >= KILLS) break;
      const id = `${versionId(release).slice(0, 23)}${String(round).padStart(3, '0')}`;
      sent.add(id);
      await report('POST', '', { versionId: id, userId: LOCAL_USER, prompt: release.commits[0] ?? 'A release' });
      await report('PATCH', `/${id}`, { status: 'deployed', changes: { commits: release.commits.slice(0, 20) } });
    }
  }
  await killing;
  const settled = await eventually(
    'everything to be settled',
    async () => {
      const found = await rows();
      const open = found.filter(({ metadata_status }) => metadata_status !== 'ready');
      if (open.length === 0) return found;
      const letters = await deadLetters();
      return open.every(({ version_id }) => letters.includes(version_id)) && found;
    },
    60_000,
  );
  expect(kills).toBeGreaterThanOrEqual(KILLS);
  expect(new Set(settled.map(({ version_id }) => version_id))).toEqual(sent);
  const numbers = settled.filter(({ metadata_status }) => metadata_status === 'ready').map(({ number }) => number);
  expect(numbers.length).toBeGreaterThan(0);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const number of numbers) expect(semver.valid(number), number).toBe(number);
});

test('kill -9 of PostgreSQL: requests meet a 503 until it runs again by itself, and nothing that was answered is lost', async () => {
  const list = () =>
    fetch(`${stack.endpoints.api}/projects/${PROJECT}/versions`, {
      headers: { authorization: `Bearer ${stack.endpoints.token}` },
    });
  const before = (await (await list()).json()) as { total: number };
  expect(before.total).toBeGreaterThan(0);
  // The connection ends with the server.
  database.on('error', () => {});
  const said: string[] = [];
  const error = vi.spyOn(console, 'error').mockImplementation((line: string) => void said.push(line));
  const { rows: found } = await database.query<{ pid: string }>(
    `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid`,
  );
  process.kill(Number(found[0]?.pid), 'SIGKILL');
  await eventually('PostgreSQL runs again', async () => said.some((line) => line.endsWith('is running again.')));
  error.mockRestore();
  expect(said[0]).toMatch(/^PostgreSQL on port \d+ has ended by itself\. Starting it again \.\.\.$/);
  const after = await eventually('the list is answered again', async () => {
    const response = await list();
    expect([200, 503]).toContain(response.status);
    return response.status === 200 ? ((await response.json()) as { total: number }) : undefined;
  });
  expect(after.total).toBe(before.total);
});
