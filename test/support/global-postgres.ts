import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../infra/local/postgres.ts';
import { applyAll } from './migrate-database.ts';
import { createDatabase, type Owner } from './owned-database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's connection string of the run's one PostgreSQL. */
    postgresUrl: string;
    /** The owner of a database of the same name that has every migration and no rows: to be copied. */
    migratedDatabase: Owner;
    /** Where a run keeps the assemblies it has synthesized. */
    assembliesDir: string;
  }
}

/**
 * One PostgreSQL for the whole run, in a temp folder; the tests share the server and have a database each. And one folder for the
 * assemblies: a template is synthesized once a run, not once a file.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
  const postgres = await startPostgres({ dataDir, durable: false });
  const assembliesDir = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
  project.provide('postgresUrl', postgres.url());
  const migrated = await createDatabase(postgres.url());
  await applyAll(migrated);
  project.provide('migratedDatabase', { name: migrated.user, password: migrated.password });
  project.provide('assembliesDir', assembliesDir);
  return async () => {
    await postgres.stop();
    for (const each of [dataDir, assembliesDir]) await rm(each, { recursive: true, force: true });
  };
}
