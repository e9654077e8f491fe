import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../infra/local/postgres.ts';
import { catalogText, makeCatalog } from './catalog.ts';
import { createDatabase } from './owned-database.ts';
import { readSchema } from './schema.ts';

/** `npm run schema`: applies all migrations, forth and back, to the databases they differ most on, and writes migrations/schema.sql and catalog.json. */
const dataDir = await mkdtemp(join(tmpdir(), 'project-versions-schema-'));
const postgres = await startPostgres({ dataDir, durable: false });
try {
  const catalog = await makeCatalog(
    () => createDatabase(postgres.url()),
    async ({ owner }) => writeFile('migrations/schema.sql', await readSchema(owner)),
  );
  await writeFile('migrations/catalog.json', catalogText(catalog));
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
