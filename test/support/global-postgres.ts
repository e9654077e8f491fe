import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../infra/local/postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's connection string of the run's one PostgreSQL. */
    postgresUrl: string;
  }
}

/** One PostgreSQL for the whole run, in a temp folder; the tests share the server and have a database each. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
  const postgres = await startPostgres({ dataDir, durable: false });
  project.provide('postgresUrl', postgres.url());
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
