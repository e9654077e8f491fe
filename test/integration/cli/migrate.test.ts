import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Step } from '../../../functions/migrations/migration.ts';
import { compileMigration } from '../../../infra/build/compile-migrations.ts';
import { showPlan, showStatus, showTakeover } from '../../../infra/cli/migrate-show.ts';
import { planOf } from '../../../infra/cli/migration-plan.ts';
import { stateOf } from '../../../infra/cli/migrations-state.ts';
import { readOldSystem } from '../../../infra/cli/old-system.ts';
import { lockOf } from '../../../infra/cli/step-lock.ts';
import { wrongWith } from '../../support/integrity.ts';
import {
  type LegacyDatabase,
  legacyDatabase,
  legacyTables,
  openLegacyDatabase,
  ownMigrations,
} from '../../support/legacy-database.ts';
import { migratedCopy } from '../../support/migrated-database.ts';

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

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

describe('npm run migrate, where an old system was', () => {
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
       values ('p', '01J' || lpad('7', 23, '0'), 'ada', 'minor', 'Seven'), ('gone', 'none', 'ada', 'minor', 'Orphan')`,
    );
    await db.owner.query(
      `alter table project_versions_metadata add column display_version_number integer, alter column git_tag type bytea using null,
         alter column published_at type timestamp using null`,
    );
    await db.owner.query(`create view dashboard as select version_id, version_name from project_versions_metadata`);
    await db.owner.query('analyze project_versions');
    const endpoints = {
      ...db.target,
      dataApi: db.dataApi.url,
      sqs: 'http://127.0.0.1:9',
      region: 'us-east-1',
      loginSecretArns: {},
    };
    await writeFile(join(dataDir, 'endpoints.json'), JSON.stringify(endpoints));
    // Nobody can be asked, whatever the tests are run from.
    process.stdin.isTTY = false;
  });
  afterAll(async () => {
    await db.close();
    await rm(dataDir, { recursive: true });
  });

  const COMMAND = join(import.meta.dirname, '../../../infra/cli/migrate.ts');
  let runs = 0;
  /** The command in this process: a tenth of the time that a process of its own takes. */
  async function migrate(...args: string[]): Promise<Ran> {
    const ran: Ran = { code: 0, stdout: '', stderr: '' };
    vi.spyOn(process, 'argv', 'get').mockReturnValue([process.execPath, COMMAND, ...args, '--data', dataDir]);
    vi.spyOn(console, 'log').mockImplementation((text) => {
      ran.stdout += `${text}\n`;
    });
    for (const stream of ['stdout', 'stderr'] as const)
      vi.spyOn(process[stream], 'write').mockImplementation((text) => {
        ran[stream] += text;
        return true;
      });
    runs += 1;
    await import(`${COMMAND}?run=${runs}`);
    vi.restoreAllMocks();
    ran.code = Number(process.exitCode ?? 0);
    process.exitCode = undefined;
    return ran;
  }

  test('refuses a column it cannot carry over, with the statement that mends it', async () => {
    const [plan, up] = [await migrate('plan'), await migrate('up', '--yes')];
    expect(plan).toMatchObject({ code: 1, stdout: expect.stringMatching(/metadata\.git_tag +bytea +REFUSED/) });
    const [, mend = ''] =
      /^- public\.project_versions_metadata\.git_tag is bytea: accepted is .*; run (.*)$/m.exec(plan.stdout) ?? [];
    expect(up).toMatchObject({ code: 1, stderr: expect.stringContaining(mend) });
    expect(await db.rows(`select to_regnamespace('version_history') as schema`)).toEqual([{ schema: null }]);
    await db.owner.query(mend);
  });

  test('shows what is left, what each step costs others and what becomes of each column', async () => {
    const [status, plan, verify, up] = [
      await migrate('status'),
      await migrate('plan'),
      await migrate('verify'),
      await migrate('up'),
    ];
    expect(status).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/legacy\/004_carry_over\S+ +expand +not applied +0 of/),
    });
    expect(status.stdout).toMatch(/legacy\/009_report\S+ +backfill +not applied/);
    expect(status.stdout).toMatch(/legacy\/010_\S+ +contract +on request/);
    expect(plan).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^\d+ steps are left, on about 3,000 versions/),
    });
    expect(plan.stdout).toMatch(
      /The deployment waits for these:\n[\s\S]*migrations\/legacy\/004_carry_over\.sql:\d+ .*\n.*carry_batch\(:.*\n +rows: writers of the same rows wait,.*\n[\s\S]*Beside the running system:\n +migrations\/legacy\/009_/,
    );
    expect(plan.stdout).toMatch(/project_versions\.prompt +text +stays/);
    expect(plan.stdout).toMatch(/project_versions_metadata\.version_name +character varying\(100\) +carried over\s/);
    expect(plan.stdout).toMatch(
      /project_versions_metadata\.published_at +timestamp without time zone +carried over, with a cast/,
    );
    expect(plan.stdout).toMatch(/project_versions_metadata\.display_version_number +integer +kept in the old table/);
    expect(plan.stdout).toMatch(
      /contract will touch:\n- view dashboard [\s\S]*- foreign key \S+ on project_versions is dropped/,
    );
    expect(verify).toMatchObject({ code: 3, stdout: expect.stringContaining('npm run migrate -- up') });
    expect(up).toMatchObject({ code: 1, stderr: expect.stringContaining('add --yes') });
  });

  test('applies it, and is then done', async () => {
    const up = await migrate('up', '--yes');
    expect(up).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Applied: 000_roles\.sql, 001_.*legacy\/009_report\.sql\./),
    });
    expect(up.stdout).toMatch(/Migrating .*(\d+)\/\1 /);
    expect(await db.rows(`select version_name from project_versions where metadata_status = 'ready'`)).toEqual([
      { version_name: 'Seven' },
    ]);
    const [after, again] = [await migrate('status', '--json'), await migrate('up', '--yes')];
    expect(after.code).toBe(0);
    expect(JSON.parse(after.stdout)).toMatchObject({ ahead: [], holder: null, rolledBack: false });
    expect(again).toMatchObject({ code: 0, stdout: 'Everything was applied before.\n' });
  });

  test('verifies, and says what is lost', async () => {
    const whole = await migrate('verify');
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringMatching(/version_name +3,000 +1 +1 +0/) });
    expect(whole.stdout).toMatch(/orphaned_metadata +1 +none +no version of that id/);
    await db.owner.query(`update project_versions set version_name = null where version_name = 'Seven'`);
    const lost = await migrate('verify', '--json');
    expect(lost.code).toBe(1);
    expect(JSON.parse(lost.stdout).columns).toContainEqual(
      expect.objectContaining({ column: 'version_name', lost: 1, example: '01J00000000000000000000007' }),
    );
  });

  test('contract and forget-backups say why not yet; rollback goes back, and up begins anew', async () => {
    const [contract, forget, rollback] = [
      await migrate('contract', '--yes'),
      await migrate('forget-backups', '--yes'),
      await migrate('rollback'),
    ];
    expect(contract).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/the old table is kept for a week after the takeover, until 20\d\d-/),
    });
    expect(forget).toMatchObject({ code: 1, stderr: expect.stringContaining('until the old table is set aside') });
    expect(rollback).toMatchObject({ code: 1, stderr: expect.stringContaining('add --yes') });
    expect(await migrate('rollback', '--yes')).toMatchObject({ code: 0, stdout: expect.stringContaining('alone has') });
    expect(await db.rows(`select from project_versions where metadata_status = 'ready'`)).toEqual([]);
    expect(await migrate('status')).toMatchObject({ code: 3, stdout: expect.stringContaining('Taken back') });
    expect(await migrate('up', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        'Applied: legacy/003_follow.sql, legacy/004_carry_over.sql, 005_rules_and_indexes.sql, legacy/009_report.sql.',
      ),
    });
    expect(await db.rows(`select from project_versions where metadata_status = 'ready'`)).toHaveLength(1);
  });

  test('contract sets the old table aside after a week; forget-backups drops what is kept, and nothing speaks of it any more', async () => {
    await db.owner.query(`update version_history.takeover set reported_at = now() - interval '8 days'`);
    expect(await migrate('contract', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Applied: legacy/010_move_the_old_table_aside.sql.'),
    });
    expect(await db.rows('select version_name from dashboard')).toHaveLength(2);
    const [verify, rollback, inTheWay] = [
      await migrate('verify'),
      await migrate('rollback', '--yes'),
      await migrate('forget-backups', '--yes'),
    ];
    expect(verify).toMatchObject({ code: 0, stdout: expect.stringContaining('its table is set aside') });
    expect(rollback).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no way back') });
    expect(inTheWay).toMatchObject({ code: 1, stderr: expect.stringContaining('view dashboard reads') });
    await db.owner.query('drop view dashboard');
    expect(await migrate('forget-backups')).toMatchObject({ code: 1, stderr: expect.stringContaining('add --yes') });
    expect(await migrate('forget-backups', '--yes')).toMatchObject({
      code: 0,
      stdout:
        'Dropped: version_history.project_versions_backup, version_history.project_versions_metadata, version_history.takeover_report, version_history.takeover.\n',
    });
    const [status, plan, again, up] = [
      await migrate('status'),
      await migrate('plan'),
      await migrate('forget-backups', '--yes'),
      await migrate('up', '--yes'),
    ];
    for (const { code, stdout } of [status, plan]) {
      expect(code).toBe(0);
      expect(stdout).not.toMatch(/legacy|old system|contract/);
    }
    expect(again).toMatchObject({ code: 0, stdout: 'There are no backups.\n' });
    expect(up).toMatchObject({ code: 0, stdout: 'Everything was applied before.\n' });
    expect(await wrongWith(db)).toEqual({ state: 'contract', wrong: [] });
  });

  test('takes no word it does not know', async () => {
    await expect(promisify(execFile)(process.execPath, [COMMAND, 'down', '--data', dataDir])).rejects.toMatchObject({
      code: 2,
      stderr: 'got "down", allowed is one of status, plan, up, verify, contract, rollback, forget-backups\n',
    });
  });
});

test('of a new database nothing is said of an old system, before the migrations or after them', async () => {
  const migrations = await ownMigrations();
  const told = async ({ database }: LegacyDatabase): Promise<string> => {
    const state = await stateOf(database, migrations);
    const plan = await planOf(database, migrations, state, 'contract');
    return [showStatus(state), showPlan(plan), ...showTakeover(await readOldSystem(database))].join('\n');
  };
  const empty = await legacyDatabase();
  const full = await openLegacyDatabase(await migratedCopy());
  const [before, after] = [await told(empty), await told(full)];
  await Promise.all([empty.close(), full.close()]);
  expect(before).toMatch(/008_publication\.sql +expand +not applied/);
  expect(after).toMatch(/008_publication\.sql +expand +applied/);
  for (const text of [before, after]) expect(text).not.toMatch(/legacy|backfill|contract|old system/);
});
