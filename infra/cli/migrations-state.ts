import { type Entry, pace, readLedger, unapplied } from '../../functions/migrations/ledger.ts';
import { inOrder, type Migration, type Phase } from '../../functions/migrations/migration.ts';
import { ROLLBACK, rolledBackAt } from '../../functions/migrations/rolled-back.ts';
import { findOldTables, oldTables } from '../../functions/migrations/takeover/found.ts';
import type { Database } from '../../functions/platform/database.ts';

/** How far a database is with one migration, in the order they run. `rows`: what all its batches have gone through. */
export interface MigrationState {
  name: string;
  phase: Phase;
  state: 'applied' | 'under way' | 'not applied';
  step: number;
  of: number;
  rows: number;
  /** Of the batched step it is at. */
  batch: { done: number; total: number | null; rowsPerSecond: number | null; secondsLeft: number | null } | null;
}

/** How far a database is, and who is at work. `ahead`: migrations it has and this code does not know. */
export interface MigrationsState {
  migrations: MigrationState[];
  ahead: string[];
  holder: string | null;
  /** The way back was asked for last: a deployment, or `up`, begins anew. */
  rolledBack: boolean;
  /** The tables of an old system that were found. */
  old: string[];
}

/**
 * Looks how far a database is, and changes nothing.
 *
 * @throws MigrationFailed when a file is not what this database has run
 */
export async function stateOf(database: Database, migrations: Migration[]): Promise<MigrationsState> {
  const [{ ledger: exists } = { ledger: false }] = await database.rows<{ ledger: boolean }>(
    `select to_regclass('version_history.migration_lease') is not null as ledger`,
  );
  const old = exists ? await oldTables(database) : (await findOldTables(database)).takeover.tables;
  const ledger = exists ? await readLedger(database) : new Map<string, Entry>();
  unapplied(migrations, ledger);
  const [lease] = exists
    ? await database.rows<{ holder: string | null }>(
        `select holder from version_history.migration_lease where expires_at > clock_timestamp()`,
      )
    : [];
  const names = new Set([...migrations.map(({ name }) => name), ROLLBACK]);
  return {
    old,
    holder: lease?.holder ?? null,
    rolledBack: exists && (await rolledBackAt(database)) !== null,
    ahead: [...ledger.keys()].filter((name) => !names.has(name)),
    migrations: inOrder(migrations, 'contract', old).map(({ name, phase, steps }): MigrationState => {
      const entry = ledger.get(name);
      const state = entry?.applied ? 'applied' : entry ? 'under way' : 'not applied';
      return {
        name,
        phase,
        state,
        step: entry?.applied ? steps.length : (entry?.next_step ?? 0),
        of: steps.length,
        rows: entry?.rows ?? 0,
        batch:
          entry && !entry.applied && entry.step_seconds !== null
            ? { done: entry.step_rows, total: entry.step_total, ...pace(entry) }
            : null,
      };
    }),
  };
}

/** Migrations that are not applied and that nobody has to ask for. */
export const unfinished = ({ migrations }: MigrationsState, through: Phase = 'backfill'): MigrationState[] =>
  migrations.filter(({ phase, state }) => state !== 'applied' && (phase !== 'contract' || through === 'contract'));
