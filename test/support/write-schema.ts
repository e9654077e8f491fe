import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inOrder } from '../../functions/migrations/migration.ts';
import { compileMigrations } from '../../infra/compile-migrations.ts';
import { startPostgres } from '../../infra/local/postgres.ts';
import { readSchema } from './schema.ts';

/** `npm run schema`: applies all migrations to an empty database and writes migrations/schema.sql. */
const dataDir = await mkdtemp(join(tmpdir(), 'project-versions-schema-'));
const postgres = await startPostgres({ dataDir, durable: false });
try {
  const client = new pg.Client(postgres.url());
  await client.connect();
  for (const { steps } of inOrder(await compileMigrations(), 'backfill')) {
    for (const step of steps) {
      for (const { sql } of step.kind === 'transaction' ? step.statements : [step.statement])
        await client.query(sql.replace(':after', 'null').replace(':batch', '1000'));
    }
  }
  await writeFile('migrations/schema.sql', await readSchema(client));
  await client.end();
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
