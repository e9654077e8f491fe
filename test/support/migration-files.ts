import type { Migration } from '../../functions/migrations/migration.ts';
import { compileMigration } from '../../infra/build/compile-migrations.ts';

/** Migrations of these texts, named 000_file.sql, 001_file.sql, ... */
export const files = (...sources: string[]): Promise<Migration[]> =>
  Promise.all(sources.map((source, index) => compileMigration(`00${index}_file.sql`, source)));
