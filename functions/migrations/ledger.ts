import type { Database, Transaction } from '../platform/database.ts';
import { sql } from '../platform/sql.ts';
import { MigrationFailed } from './failure.ts';
import type { Migration } from './migration.ts';
import type { Takeover } from './takeover/describe.ts';
import { recordTakeover } from './takeover/found.ts';

/** How far a database is with one migration. `digest` is the last done step's; `rows` counts what all its batches have gone through. */
export interface Entry {
  name: string;
  checksum: string;
  next_step: number;
  digest: string | null;
  cursor: string | null;
  rows: number;
  applied: boolean;
  /** Of the batched step it is at: rows gone through, about how many there are, and for how long it has been at it. */
  step_rows: number;
  step_total: number | null;
  step_seconds: number | null;
}

/**
 * Makes the ledger and the lease where they are missing, and writes down what was found of an old system. Two that do it at once wait for each
 * other.
 *
 * @param takeover what becomes of the old tables; null on a new database
 */
export async function createLedger(database: Database, takeover: Takeover | null = null): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.rows(`select set_config('lock_timeout', '500ms', true) as lock_timeout`);
    // An arbitrary number that only this place uses. `if not exists` alone fails when two create a table at once.
    await transaction.rows(`select pg_advisory_xact_lock(7310000000001)::text as locked`);
    for (const statement of LEDGER) await transaction.run(statement);
    if (takeover) await recordTakeover(transaction, takeover);
  });
}

/** The schema, the ledger and the lease. */
export const LEDGER = [
  'create schema if not exists version_history',
  `create table if not exists version_history.migrations (
    name text primary key,
    checksum text not null,
    next_step integer not null default 0,
    digest text,
    cursor text,
    rows_done bigint not null default 0,
    step_rows bigint not null default 0,
    step_total bigint,
    step_started_at timestamptz,
    started_at timestamptz not null default now(),
    applied_at timestamptz
  )`,
  `create table if not exists version_history.migration_lease (
    only_row boolean primary key default true check (only_row),
    holder text,
    token bigint not null default 0,
    expires_at timestamptz not null default '-infinity',
    rolled_back_at timestamptz
  )`,
  'insert into version_history.migration_lease default values on conflict do nothing',
];

const ENTRY = `name, checksum, next_step, digest, cursor, rows_done as rows, applied_at is not null as applied, step_rows, step_total,
      extract(epoch from clock_timestamp() - step_started_at)::float8 as step_seconds`;

/** Everything the database has applied or begun, by name. */
export async function readLedger(database: Database): Promise<Map<string, Entry>> {
  const entries = await database.rows<Entry>(`select ${ENTRY} from version_history.migrations order by name`);
  return new Map(entries.map((entry) => [entry.name, entry]));
}

/**
 * What is left to do. Names the code does not know are a database that is ahead of it (a rollback): accepted, nothing is undone.
 *
 * @throws MigrationFailed when a file is not what this database has run
 */
export function unapplied(migrations: Migration[], ledger: Map<string, Entry>): Migration[] {
  return migrations.filter((migration) => {
    const entry = ledger.get(migration.name);
    if (entry === undefined) return true;
    if (entry.checksum !== migration.checksum && !mayGoOn(migration, entry)) {
      const done = entry.applied ? 'was applied' : `was applied up to step ${entry.next_step}`;
      throw new MigrationFailed(
        `migrations/${migration.name} ${done} to this database with other contents (SHA-256 ${short(entry.checksum)}, ` +
          `now ${short(migration.checksum)}): put the file back as it was and write the change as a new file`,
      );
    }
    return !entry.applied;
  });
}

/** A file that failed half-way is repaired by editing what has not run yet. */
const mayGoOn = (migration: Migration, entry: Entry): boolean =>
  !entry.applied && (entry.next_step === 0 || migration.steps[entry.next_step - 1]?.digest === entry.digest);

const short = (checksum: string): string => checksum.slice(0, 12);

/** Records that `migration` begins, or goes on with edited steps; the cursor then counts for nothing. */
export async function open(transaction: Transaction, migration: Migration): Promise<Entry> {
  const [entry] = await transaction.rows<Entry>(sql`
    insert into version_history.migrations as ledger (name, checksum) values (${migration.name}, ${migration.checksum})
    on conflict (name) do update
       set checksum = excluded.checksum,
           cursor = case when ledger.checksum = excluded.checksum then ledger.cursor end
    returning name, checksum, next_step, digest, cursor, rows_done as rows, applied_at is not null as applied, step_rows, step_total,
              extract(epoch from clock_timestamp() - step_started_at)::float8 as step_seconds`);
  if (entry === undefined) throw new TypeError('the ledger answered no entry');
  return entry;
}

/**
 * Where the database is with a migration. A statement of its own behind the lease's: one statement that waits for the lease would read the
 * ledger as it was before the wait.
 */
export async function place(transaction: Transaction, name: string): Promise<{ next: number; cursor: string | null }> {
  const [row] = await transaction.rows<{ next: number; cursor: string | null }>(
    sql`select next_step as next, cursor from version_history.migrations where name = ${name}`,
  );
  return row ?? { next: 0, cursor: null };
}

/** Records that step `index` is done, and with the last one that the migration is. */
export const advance = (transaction: Transaction, migration: Migration, index: number): Promise<void> =>
  moveTo(transaction, migration, index + 1);

/** Goes back to step `index`, which is to be done again. */
export const goBack = (transaction: Transaction, migration: Migration, index: number): Promise<void> =>
  moveTo(transaction, migration, index);

async function moveTo(transaction: Transaction, { name, steps }: Migration, next: number): Promise<void> {
  await transaction.run(sql`
    update version_history.migrations
       set next_step = ${next}, digest = ${steps[next - 1]?.digest ?? null}::text, cursor = null,
           step_rows = 0, step_total = null, step_started_at = null,
           applied_at = case when ${next === steps.length} then clock_timestamp() end
     where name = ${name}`);
}

/** How far a batched step is: rows gone through, about how many there are, and for how long it has been at it. */
export type Progress = Pick<Entry, 'step_rows' | 'step_total' | 'step_seconds'>;

/** Records one batch of the step that comes next, which goes through table `over`. @returns how far that step is now */
export async function recordBatch(
  transaction: Transaction,
  name: string,
  batch: { cursor: string; rows: number; over: string | null; ms: number },
): Promise<Progress> {
  const [progress] = await transaction.rows<Progress>(sql`
    update version_history.migrations
       set cursor = ${batch.cursor}, rows_done = rows_done + ${batch.rows}, step_rows = step_rows + ${batch.rows},
           step_total = coalesce(step_total, (select nullif(greatest(reltuples, 0), 0)::bigint from pg_class where oid = to_regclass(${batch.over}::text))),
           step_started_at = coalesce(step_started_at, clock_timestamp() - ${batch.ms} * interval '1 millisecond')
     where name = ${name}
    returning step_rows, step_total, extract(epoch from clock_timestamp() - step_started_at)::float8 as step_seconds`);
  if (progress === undefined) throw new TypeError(`the ledger has lost ${name}`);
  return progress;
}

/** Rows a second, and seconds until the step is through its table; null where nobody can tell. */
export function pace({ step_rows: rows, step_total: total, step_seconds: seconds }: Progress) {
  if (!seconds || rows === 0) return { rowsPerSecond: null, secondsLeft: null };
  const rowsPerSecond = rows / seconds;
  return {
    rowsPerSecond: Math.round(rowsPerSecond),
    secondsLeft: total === null ? null : Math.max(0, Math.round((total - rows) / rowsPerSecond)),
  };
}
