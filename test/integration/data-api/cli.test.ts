import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseCli } from '../../../infra/local/data-api/cli.ts';

const MAIN = resolve(import.meta.dirname, '../../../infra/local/data-api/main.ts');
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'data-api-test-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

interface Facts {
  endpoint: string;
  clusterArn: string;
  secretArn: string;
  database: string;
}

async function start(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => [`"${said}"`])]);
  const facts = JSON.parse(String(line)) as Facts;
  const client = new RDSDataClient({
    endpoint: facts.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  const { clusterArn: resourceArn, secretArn, database } = facts;
  return {
    facts,
    value: async (sql: string) =>
      (await client.send(new ExecuteStatementCommand({ resourceArn, secretArn, database, sql }))).records?.[0]?.[0],
    async stop(signal: NodeJS.Signals) {
      client.destroy();
      child.kill(signal);
      return (await once(child, 'exit'))[0] as number;
    },
  };
}

/** Runs it to its end. */
async function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), once(child, 'exit')]);
  return { code: child.exitCode, out: out.join(''), err: err.join('') };
}

describe('npm run data-api', () => {
  test('by itself: its own PostgreSQL, a role that is no superuser, data that outlives a stop', async () => {
    const dataDir = join(scratch, 'own');
    const first = await start(
      '--data',
      dataDir,
      '--database',
      'shop',
      '--user',
      'keeper',
      '--faults',
      '{"kind":"resuming"}',
    );
    await expect(first.value('select 1')).rejects.toMatchObject({ name: 'DatabaseResumingException' });
    expect(
      await first.value(
        "select current_user || ' ' || current_database() || ' ' || rolsuper from pg_roles where rolname = current_user",
      ),
    ).toEqual({
      stringValue: 'keeper shop false',
    });
    await first.value('create table kept as select 7 as n');
    expect(await first.stop('SIGTERM')).toBe(0);

    const again = await start('--data', dataDir, '--database', 'shop', '--user', 'keeper');
    expect(await again.value('select n from kept')).toEqual({ longValue: 7 });
    expect(await again.stop('SIGINT')).toBe(0);
  });

  test('over a running PostgreSQL, with the user and database of its URL', async () => {
    const url = inject('postgresUrl');
    const endpoint = await start('--postgres', url);
    expect(await endpoint.value('select current_user::text')).toEqual({ stringValue: 'postgres' });
    expect(endpoint.facts.database).toBe('postgres');
    await endpoint.stop('SIGTERM');
  });

  test('--help, and what is wrong with an argument', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('--faults JSON') });
    expect(await run('--faults', '{"kind":"x"}')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Not a fault'),
    });
    expect(parseCli(['--prot', '1'])).toContain("'--prot'");
    expect(parseCli(['--port', 'x'])).toContain('--port must be a number');
    expect(parseCli(['--postgres', 'nowhere'])).toContain('--postgres must be a URL');
    expect(parseCli(['--postgres', 'postgres://u:p@127.0.0.1/shop'])).toMatchObject({ database: 'shop' });
  });
});
