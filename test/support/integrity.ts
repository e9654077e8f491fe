import { readFile } from 'node:fs/promises';
import type { Catalog } from '../../functions/integrity/catalog.ts';
import { checkIntegrity, type Integrity } from '../../functions/integrity/check.ts';
import type { Database } from '../../functions/platform/database.ts';
import type { LegacyDatabase } from './legacy-database.ts';

/** What the migrations guarantee, as it is compiled into the function. */
const catalog: Catalog = JSON.parse(await readFile('migrations/catalog.json', 'utf8'));

/** Checks a database as the function does, with the login of the worker. */
export const checked = (worker: Database): Promise<Integrity> => checkIntegrity({ database: worker, catalog });

/** What is said to be wrong with a database, and what was not looked at; nothing, and in which state it is. */
export async function wrongWith(db: LegacyDatabase): Promise<{ state: string | undefined; wrong: unknown[] }> {
  const { findings, notLookedAt, state } = await checked(await db.as('worker'));
  return { state, wrong: [...findings.listed, ...notLookedAt] };
}
