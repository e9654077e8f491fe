import { inject } from 'vitest';
import { createDatabase, type TestDatabase } from './owned-database.ts';

export type { TestDatabase };

/** Makes an empty database of its own for a test file, on the run's one PostgreSQL. */
export const createTestDatabase = (): Promise<TestDatabase> => createDatabase(inject('postgresUrl'));
