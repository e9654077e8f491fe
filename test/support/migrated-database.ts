import { type MigratedDatabase, migrateDatabase } from './migrate-database.ts';
import { createTestDatabase } from './postgres.ts';

export type { MigratedDatabase };

/** A migrated database of its own for a test file, on the run's one PostgreSQL. */
export const migratedDatabase = async (): Promise<MigratedDatabase> => migrateDatabase(await createTestDatabase());
