import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sweep } from '../../../functions/metadata/sweep.ts';
import { Queue } from '../../../functions/platform/queue.ts';
import { countWithoutMetadata, requestMetadata } from '../../../infra/cli/request-metadata.ts';
import { generateBatch } from '../../support/generate.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';
import { type Queues, startQueues } from '../../support/queue-client.ts';

let system: MigratedDatabase;
let queues: Queues;
let folder: string;
let url: string;
let queue: Queue;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
  [system, queues] = await Promise.all([migratedDatabase(), startQueues(folder)]);
});
beforeEach(async () => {
  ({ url } = queues.server.declare(`asked-${count++}`, { VisibilityTimeout: '600' }));
  queue = new Queue(url, queues.client);
  await system.owner.query('truncate project_versions cascade');
});
afterAll(async () => {
  await Promise.all([system.close(), queues.stop()]);
  await rm(folder, { recursive: true });
});

/** Versions as the old system left them: `none`, deployed years ago. */
const old = (project: string, from: number, to: number, over = `'deployed', 'none', null::integer`) =>
  system.owner.query(`
    insert into project_versions (project_id, version_id, user_id, prompt, created_at, deployed_at, status, metadata_status, major_version)
    select '${project}', '01J' || lpad(n::text, 23, '0'), 'ada', 'Add a map', '2020-01-01', '2020-01-01', ${over}
      from generate_series(${from}, ${to}) n`);

const request = (project: string | null, most = 1e9) => requestMetadata(system.worker, queue, project, most, () => {});
const pending = async () =>
  (await system.owner.query(`select version_id from project_versions where metadata_status = 'pending' order by 1`))
    .rows;

test('counts and asks for exactly the old ones, of one project or of all, and for none twice', async () => {
  await old('shop', 1, 30);
  await old('blog', 31, 40);
  await old('shop', 41, 45, `'failed', 'none', null`);
  await old('shop', 46, 50, `'deployed', 'none', 3`);
  await old('shop', 51, 55, `'deployed', 'ready', 4`);
  expect(await countWithoutMetadata(system.worker, 'shop')).toBe(30);
  expect(await countWithoutMetadata(system.worker, null)).toBe(40);
  expect(await request('shop')).toEqual({ asked: 30, refused: 0 });
  expect(await pending()).toHaveLength(30);
  expect(await request(null)).toEqual({ asked: 10, refused: 0 });
  expect(await request(null)).toEqual({ asked: 0, refused: 0 });
  let messages = 0;
  for (let found = await queues.receive(url); found.length > 0; found = await queues.receive(url))
    messages += found.length;
  expect(messages).toBe(40);
});

test('stops at the limit, the oldest ids first, and goes on from there', async () => {
  await old('shop', 1, 1_200);
  const before = system.calls();
  expect(await request('shop', 700)).toEqual({ asked: 700, refused: 0 });
  expect(system.calls() - before).toBe(2);
  expect((await pending()).at(-1)?.version_id).toBe(`01J${'700'.padStart(23, '0')}`);
  expect(await request('shop')).toEqual({ asked: 500, refused: 0 });
});

test('what the queue does not take is swept up; a version asked for now is not years late', async () => {
  await old('shop', 1, 3);
  const gone = new Queue(`${queues.server.url}/000000000000/gone`, queues.client);
  expect(await requestMetadata(system.worker, gone, 'shop', 1e9, () => {})).toEqual({ asked: 3, refused: 3 });
  const rules = { afterSeconds: 300, attempts: 2 };
  const now = await sweep(system.worker, queue, rules, Date.now());
  expect(now.versions).toEqual([]);
  expect(now.oldest_seconds).toBeLessThan(60);
  await system.owner.query(
    `update project_versions set metadata_queued_at = metadata_queued_at - interval '301 seconds'`,
  );
  expect((await sweep(system.worker, queue, rules, Date.now())).versions).toHaveLength(3);
});

test('they are numbered above what their project has, and are ready', async () => {
  await old('shop', 1, 1);
  await old('shop', 2, 2, `'deployed', 'ready', 4`);
  await request('shop');
  const [message] = await queues.receive(url);
  expect(await generateBatch(system.worker, [{ id: 'm', body: message?.Body ?? '' }])).toMatchObject([
    { what: 'applied' },
  ]);
  const { rows } = await system.owner.query(
    `select major_version, minor_version from project_versions order by version_id`,
  );
  expect(rows[0]).toEqual({ major_version: 4, minor_version: 1 });
});

test('30,000 versions are walked in pages, not in one call', async () => {
  await old('big', 1, 30_000, `'deployed', 'ready', 1`);
  await old('big', 30_001, 30_010);
  const before = system.calls();
  expect(await request(null)).toEqual({ asked: 10, refused: 0 });
  expect(system.calls() - before).toBe(2);
});
