import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OccasionalSweep } from '../../../functions/metadata/occasional-sweep.ts';
import { sweep } from '../../../functions/metadata/sweep.ts';
import { Queue } from '../../../functions/platform/queue.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { generateBatch } from '../../support/generate.ts';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';
import { type Queues, startQueues } from '../../support/queue-client.ts';

const RULES = { afterSeconds: 300, attempts: 2 };
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
  ({ url } = queues.server.declare(`swept-${count}`, { VisibilityTimeout: '60' }));
  queue = new Queue(url, queues.client);
  await system.owner.query('truncate project_versions cascade');
});
afterAll(async () => {
  await Promise.all([system.close(), queues.stop()]);
  await rm(folder, { recursive: true });
});

async function deployed(secondsAgo: number, project = 'shop'): Promise<string> {
  const versionId = `01J${String(count++).padStart(23, '0')}`;
  await recordStart(system.worker, project, versionId, { userId: 'ada', prompt: 'Add a search field' });
  await recordEnd(system.worker, project, versionId, { status: 'deployed' });
  await system.owner.query(
    `update project_versions
        set metadata_requested_at = now() - $2 * interval '1 second', metadata_queued_at = now() - $2 * interval '1 second'
      where version_id = $1`,
    [versionId, secondsAgo],
  );
  return versionId;
}

const later = (seconds: number) =>
  system.owner.query(`update project_versions set metadata_queued_at = metadata_queued_at - $1 * interval '1 second'`, [
    seconds,
  ]);
const run = () => sweep(system.worker, queue, RULES, Date.now() + 10_000);
const received = async () => (await queues.receive(url)).map(({ Body = '' }) => JSON.parse(Body).versionId as string);
const row = async (versionId: string) =>
  (await system.owner.query('select * from project_versions where version_id = $1', [versionId])).rows[0];

describe('the sweep', () => {
  test('queues what has waited five minutes, the oldest first, and says how many wait and how long', async () => {
    await deployed(299);
    const [late, later] = [await deployed(310), await deployed(900)];
    const found = await run();
    expect(found.versions.map(({ version_id }) => version_id)).toEqual([later, late]);
    expect(found).toMatchObject({ failed: [], waiting: 3, oldest_seconds: expect.closeTo(900, -1) });
    expect((await received()).sort()).toEqual([late, later].sort());
    expect(await run()).toMatchObject({ versions: [], waiting: 3 });
  });

  test('leaves alone what needs nothing: building, failed, old, ready, described by hand', async () => {
    for (const [column, value] of [
      ['status', 'building'],
      ['status', 'failed'],
      ['metadata_status', 'none'],
      ['metadata_status', 'ready'],
      ['metadata_status', 'failed'],
    ]) {
      const id = await deployed(1_000);
      await system.owner.query(`update project_versions set ${column} = $2 where version_id = $1`, [id, value]);
    }
    expect(await run()).toEqual({ versions: [], failed: [], waiting: 0, oldest_seconds: 0 });
  });

  test('leaves alone what was deployed years ago and reported just now: its message is on its way', async () => {
    const versionId = `01J${String(count++).padStart(23, '0')}`;
    await recordStart(system.worker, 'shop', versionId, { userId: 'ada', prompt: 'Add a search field' });
    await recordEnd(system.worker, 'shop', versionId, { status: 'deployed', deployedAt: '2020-01-01T00:00:00Z' });
    expect(await run()).toMatchObject({ versions: [], waiting: 1, oldest_seconds: 0 });
  });

  test('gives up after its attempts, with the reason; a message that comes all the same still succeeds', async () => {
    const id = await deployed(400);
    for (let attempt = 1; attempt <= RULES.attempts; attempt++) {
      expect((await run()).versions).toHaveLength(1);
      await later(301);
    }
    expect((await run()).failed).toMatchObject([{ version_id: id, project_id: 'shop' }]);
    expect(await row(id)).toMatchObject({
      metadata_status: 'failed',
      metadata_error: 'no metadata after 3 requests: no message arrived',
    });
    const body = JSON.stringify({ type: 'generate-metadata', versionId: id, projectId: 'shop' });
    expect(await generateBatch(system.worker, [{ id: 'late', body }])).toMatchObject([{ what: 'applied' }]);
    expect(await row(id)).toMatchObject({ metadata_status: 'ready', metadata_error: null });
  });

  test('says what the last attempt met', async () => {
    const id = await deployed(400);
    await system.owner.query(
      `update project_versions set metadata_error = 'the model is throttled', metadata_requeues = 2`,
    );
    await run();
    expect((await row(id)).metadata_error).toBe(
      'no metadata after 3 requests; the last attempt: the model is throttled',
    );
  });

  test('a message at work proves that it is in the queue: its version is not swept', async () => {
    const id = await deployed(400);
    const body = JSON.stringify({ type: 'generate-metadata', versionId: id, projectId: 'shop' });
    const ask = async () => ({ kind: 'unavailable' as const, reason: 'the model is throttled', calls: 0 });
    await generateBatch(system.worker, [{ id: 'm', body }], { model: { ask, callsPerDay: 10 } });
    expect((await run()).versions).toEqual([]);
  });

  test('four at once queue each version once', async () => {
    for (let n = 0; n < 12; n++) await deployed(400 + n, `project-${n % 3}`);
    const found = await Promise.all([run(), run(), run(), run()]);
    expect(found.flatMap(({ versions }) => versions)).toHaveLength(12);
    expect(await system.owner.query('select from project_versions where metadata_requeues <> 1')).toMatchObject({
      rowCount: 0,
    });
  });

  test('goes on until nothing is due, a hundred a call, whatever projects are called', async () => {
    await system.owner.query(`
      insert into project_versions (project_id, version_id, user_id, prompt, status, metadata_status, deployed_at)
      select repeat('😀', 120) || n, '01J' || lpad(n::text, 23, '0'), 'ada', '', 'deployed', 'pending', now() - interval '1 hour'
        from generate_series(900001, 900250) n`);
    const before = system.calls();
    expect((await run()).versions).toHaveLength(250);
    expect(system.calls() - before).toBe(3);
  });

  test('a queue that takes nothing loses nothing: the next sweep comes for it', async () => {
    const id = await deployed(400);
    const gone = new Queue(`${queues.server.url}/000000000000/gone`, queues.client);
    expect((await sweep(system.worker, gone, RULES, Date.now())).versions).toHaveLength(1);
    await later(301);
    expect((await run()).versions).toMatchObject([{ version_id: id }]);
  });

  test('among 20,000 ready versions it touches what waits and not the table', async () => {
    await system.owner.query(`
      insert into project_versions (project_id, version_id, user_id, prompt, status, metadata_status, deployed_at)
      select 'big', '01J' || lpad(n::text, 23, '0'), 'ada', '', 'deployed', 'ready', now() - interval '1 hour'
        from generate_series(1000001, 1020000) n`);
    await deployed(400);
    await system.owner.query('analyze project_versions');
    await run();
    const explained = 'explain (analyze, buffers, format json) select version_history.sweep_metadata(300, 100, 2)';
    // The first in a session also reads the catalog, up to 374 buffers; the statements themselves take 14.
    await system.owner.query(explained);
    const { rows } = await system.owner.query(explained);
    const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = rows[0]['QUERY PLAN'][0].Plan;
    expect(hit + read).toBeLessThan(50);
  });
});

test('beside batches, it runs once in its time and never fails them', async () => {
  const occasional = new OccasionalSweep(queue, RULES);
  const id = await deployed(400);
  system.dataApi.faults.add({ kind: 'unavailable', sql: 'sweep_metadata', count: 3 });
  await occasional.run(system.worker, 60_000);
  await occasional.run(system.worker, 60_000);
  expect(await received()).toEqual([]);
  await new OccasionalSweep(queue, RULES).run(system.worker, 5_000);
  expect(await received()).toEqual([]);
  await new OccasionalSweep(queue, RULES).run(system.worker, 60_000);
  expect(await received()).toEqual([id]);
});
