import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { catalogText, makeCatalog } from '../../support/catalog.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { readSchema } from '../../support/schema.ts';

test('migrations/schema.sql and catalog.json are what the runner makes; if not: npm run schema', async () => {
  let schema = '';
  const catalog = await makeCatalog(createTestDatabase, async ({ owner }) => {
    schema = await readSchema(owner);
  });
  expect(schema).toBe(await readFile('migrations/schema.sql', 'utf8'));
  expect(catalogText(catalog)).toBe(await readFile('migrations/catalog.json', 'utf8'));
});
