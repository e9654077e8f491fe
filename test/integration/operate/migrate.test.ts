import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Step } from '../../../functions/migrations/migration.ts';
import { compileMigration } from '../../../infra/compile-migrations.ts';
import { lockOf } from '../../../infra/operate/step-lock.ts';
import { type LegacyDatabase, legacyDatabase, legacyTables } from '../../support/legacy-database.ts';

describe('the lock of a step', () => {
  test.each([
    ['create table public.t (a int); alter table public.t add column b int', 'none'],
    [
      'create or replace function public.f() returns int language sql return 1; grant execute on function public.f to r',
      'none',
    ],
    ['alter table public.v add column b int', 'access exclusive'],
    ['alter table public.v validate constraint c', 'share update exclusive'],
    ['create trigger t before update on public.v for each row execute function public.f()', 'share row exclusive'],
    ['drop trigger t on public.v', 'access exclusive'],
    ['create policy p on public.v using (true)', 'access exclusive'],
    ['do $$ begin perform 1; end $$', 'access exclusive'],
    ['-- migrate: no transaction\ncreate index concurrently i on public.v (a)', 'share update exclusive'],
    ['-- migrate: long\nalter table public.v validate constraint c', 'share update exclusive'],
    ['-- migrate: batched\nselect last_key, rows from public.f(:after, :batch)', 'rows'],
  ])('%s', async (sql, lock) => {
    const { steps } = await compileMigration('000_test.sql', sql);
    expect(await lockOf(steps[0] as Step)).toBe(lock);
  });
});

describe('npm run migrate', () => {
  let db: LegacyDatabase;
  let dataDir: string;
  beforeAll(async () => {
    [db, dataDir] = await Promise.all([legacyDatabase(), mkdtemp(join(tmpdir(), 'project-versions-test-'))]);
    await db.owner.query(await legacyTables());
    await db.owner.query(
      `insert into project_versions (project_id, version_id, user_id, prompt, status, created_at, updated_at)
       select 'p', '01J' || lpad(n::text, 23, '0'), 'ada', '', 'deployed', now(), now() from generate_series(1, 3000) n`,
    );
    await db.owner.query(
      `insert into project_versions_metadata (project_id, version_id, user_id, change_type, version_name)
       values ('p', '01J' || lpad('7', 23, '0'), 'ada', 'minor', 'Seven')`,
    );
    await db.owner.query('analyze project_versions');
    const endpoints = {
      ...db.target,
      dataApi: db.dataApi.url,
      sqs: 'http://127.0.0.1:9',
      region: 'us-east-1',
      loginSecretArns: {},
    };
    await writeFile(join(dataDir, 'endpoints.json'), JSON.stringify(endpoints));
  });
  afterAll(async () => {
    await db.close();
    await rm(dataDir, { recursive: true });
  });

  const migrate = (...args: string[]) => run('migrate', ...args);

  async function run(name: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const command = join(import.meta.dirname, `../../../infra/operate/${name}.ts`);
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, [command, ...args, '--data', dataDir])) };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  }

  test('says what is left and what each step costs others, applies it, and is then done', async () => {
    const before = await migrate('status');
    expect(before).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/008_consolidate\S+ +backfill +not applied +0 of/),
    });
    expect(before.stdout).toMatch(/009_\S+ +contract +on request/);
    const { stdout: plan } = await migrate('plan');
    expect(plan).toMatch(/^\d+ steps are left, on about 3,000 versions/);
    expect(plan).toMatch(/Beside the running system:\n +migrations\/008_/);
    expect(plan).toMatch(
      /migrations\/008_consolidate\.sql:\d+ .*\n.*carry_batch\(:.*\n +rows: writers of the same rows wait/,
    );
    expect(await migrate('up')).toMatchObject({ code: 1, stderr: expect.stringContaining('add --yes') });
    expect(await migrate('verify')).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('npm run migrate -- up'),
    });

    const up = await migrate('up', '--yes');
    expect(up).toMatchObject({ code: 0, stdout: expect.stringContaining('Applied: 000_legacy_baseline.sql, 001_') });
    expect(up.stdout).toMatch(/Migrating .*(\d+)\/\1 /);
    expect(await db.rows(`select 1 from project_versions where metadata_status is null`)).toEqual([]);

    const after = await migrate('status', '--json');
    expect(after.code).toBe(0);
    expect(JSON.parse(after.stdout)).toMatchObject({ ahead: [], holder: null, rolledBack: false });
    expect(await migrate('up', '--yes')).toMatchObject({ code: 0, stdout: 'Everything was applied before.\n' });
  });

  test('verifies, and says what is lost', async () => {
    const whole = await migrate('verify');
    expect(whole).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('All 1 rows of the old table are accounted for.'),
    });
    expect(whole.stdout).toMatch(/version_name +3,000 +1 +1 +equal +0/);
    await db.owner.query(`update project_versions set version_name = null`);
    const lost = await migrate('verify', '--json');
    expect(lost.code).toBe(1);
    expect(JSON.parse(lost.stdout)).toMatchObject({ looked: 1, unaccounted: 1, example: '01J00000000000000000000007' });
  });

  test('contract says why not yet; rollback goes back, and up begins anew', async () => {
    expect(await migrate('contract', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/the old table is kept for a week after the consolidation, until 20\d\d-/),
    });
    expect(await migrate('rollback')).toMatchObject({ code: 1, stderr: expect.stringContaining('add --yes') });
    expect(await migrate('rollback', '--yes')).toMatchObject({ code: 0, stdout: expect.stringContaining('alone has') });
    expect(await db.rows(`select 1 from project_versions where metadata_status = 'ready'`)).toEqual([]);
    expect(await migrate('status')).toMatchObject({ code: 3, stdout: expect.stringContaining('Taken back') });
    expect(await migrate('up', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        'Applied: 001_version_columns.sql, 007_follow_the_old_table.sql, 008_consolidate.sql',
      ),
    });
    expect(await db.rows(`select 1 from project_versions where metadata_status = 'ready'`)).toHaveLength(1);
  });

  test('takes no word it does not know', async () => {
    expect(await migrate('down')).toMatchObject({
      code: 2,
      stderr: 'got "down", allowed is one of status, plan, up, verify, contract, rollback\n',
    });
  });
});
