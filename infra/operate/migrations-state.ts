import { readLedger, unapplied } from '../../functions/migrations/ledger.ts';
import type { Migration } from '../../functions/migrations/migration.ts';
import type { Database } from '../../functions/platform/database.ts';

/** How far a database is with one migration. `rows`: what its batches have written. */
export interface MigrationState {
  name: string;
  state: 'applied' | 'under way' | 'not applied';
  step: number;
  of: number;
  rows: number;
}

/** How far a database is, and who is at work. `ahead`: migrations it has and this code does not know. */
export interface MigrationsState {
  migrations: MigrationState[];
  ahead: string[];
  holder: string | null;
}

/**
 * Looks how far a database is, and changes nothing.
 *
 * @throws MigrationFailed when a file is not what this database has run
 */
export async function stateOf(database: Database, migrations: Migration[]): Promise<MigrationsState> {
  const [{ ledger: exists } = { ledger: false }] = await database.rows<{ ledger: boolean }>(
    `select to_regclass('public.project_versions_migration_lease') is not null as ledger`,
  );
  const ledger = exists ? await readLedger(database) : new Map();
  unapplied(migrations, ledger);
  const [lease] = exists
    ? await database.rows<{ holder: string | null }>(
        `select holder from public.project_versions_migration_lease where expires_at > clock_timestamp()`,
      )
    : [];
  const names = new Set(migrations.map(({ name }) => name));
  return {
    holder: lease?.holder ?? null,
    ahead: [...ledger.keys()].filter((name) => !names.has(name)),
    migrations: migrations.map(({ name, steps }): MigrationState => {
      const entry = ledger.get(name);
      const state = entry?.applied ? 'applied' : entry ? 'under way' : 'not applied';
      return {
        name,
        state,
        step: entry?.applied ? steps.length : (entry?.next_step ?? 0),
        of: steps.length,
        rows: entry?.rows ?? 0,
      };
    }),
  };
}
