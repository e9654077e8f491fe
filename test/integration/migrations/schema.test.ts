import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { legacyDatabase } from '../../support/legacy-database.ts';
import { readSchema } from '../../support/schema.ts';

const LEDGER = /\n\ncreate table project_versions_migration(s|_lease) \([\s\S]*?(?=\n\ncreate )/g;

test('migrations/schema.sql is what the runner makes of an empty database; if not: npm run schema', async () => {
  const db = await legacyDatabase();
  try {
    expect(await db.migrate()).toMatchObject({ complete: true });
    // The ledger and the lease are the runner's own.
    expect((await readSchema(db.owner)).replaceAll(LEDGER, '')).toBe(await readFile('migrations/schema.sql', 'utf8'));
  } finally {
    await db.close();
  }
});
