import type { Database, Transaction } from '../../platform/database.ts';
import { type Decision, decide } from './decide.ts';
import { describe, type Takeover } from './describe.ts';
import { readFacts } from './facts.ts';
import { quoted } from './kinds.ts';
import type { RowRule } from './rules.ts';

/** What a database holds that the migrations find there: what becomes of each column, why it cannot be, and what the contract touches. */
export interface Found {
  takeover: Takeover;
  /** One line each: what is wrong, what is accepted, and the statement that mends it. */
  refusals: string[];
  /** What only the rows can tell; nothing while the columns are refused. */
  rules: RowRule[];
  dependents: { views: string[]; foreignKeys: string[]; functions: string[] };
}

/** Decides what becomes of every column of the old tables, and whether the names that the migrations use are free; changes nothing. */
export async function findOldTables(database: Database): Promise<Found> {
  const facts = await readFacts(database);
  const { decisions, rules } = decide(facts);
  const taken = facts.taken.map(({ what, mend }) => `${what} has a name this product needs: run ${mend}`);
  const refused = decisions.filter(({ decision }) => decision === 'refused');
  return {
    takeover: describe(facts, decisions),
    refusals: [...taken, ...refused.map(inWords)],
    rules: refused.length > 0 ? [] : rules,
    dependents: facts.dependents,
  };
}

/**
 * Row-level security that binds even the owner would hide rows from the checks, the backup and the carrying over. It stays enabled, and its policies
 * stay; only the owner is free of it from here on. A lock for an instant, where there is something to change.
 */
export async function unbindOwner(database: Database, { versions_forced, metadata_forced }: Takeover): Promise<void> {
  await force(database, 'no force', { versions_forced, metadata_forced });
}

/** Binds the owner again, where the takeover does not begin after all. */
export const bindOwner = (database: Database, takeover: Takeover): Promise<void> => force(database, 'force', takeover);

type Forced = Pick<Takeover, 'versions_forced' | 'metadata_forced'>;

async function force(database: Database, how: 'force' | 'no force', { versions_forced, metadata_forced }: Forced) {
  const tables = [
    ...(versions_forced ? ['project_versions'] : []),
    ...(metadata_forced ? ['project_versions_metadata'] : []),
  ];
  if (tables.length === 0) return;
  await database.transaction(async (transaction) => {
    await transaction.rows(`select set_config('lock_timeout', '100ms', true) as lock_timeout`);
    for (const table of tables) await transaction.run(`alter table public.${table} ${how} row level security`);
  });
}

export const inWords = ({ table, column, type, note, accepted = '', mend = '' }: Decision): string =>
  `${table}.${column} is ${type}${note === '' ? '' : ` (${note})`}: accepted is ${accepted}; run ${mend}`;

/** What the rows are refused for: one pass over each table, however many rules there are. */
export async function brokenRules(database: Database, rules: RowRule[]): Promise<Decision[]> {
  const tables = [...new Set(rules.map(({ table }) => table))];
  const broken = tables.map(async (table) => {
    const own = rules.filter((rule) => rule.table === table);
    const counts = own.map(({ where }) => `count(*) filter (where ${where})`);
    const [found] = await database.documents<number[]>({
      text: `select json_build_array(${counts.join(', ')}) as counts from ${table} m`,
      parameters: [],
    });
    return own.flatMap(({ where: _, ...rule }, index): Decision[] => {
      const rows = found?.[index] ?? 0;
      return rows === 0
        ? []
        : [{ ...rule, decision: 'refused', into: rule.column, note: `${rows} rows hold something else` }];
    });
  });
  return (await Promise.all(broken)).flat();
}

/** Writes down what was found, for the files in migrations/legacy. */
export async function recordTakeover(transaction: Transaction, takeover: Takeover): Promise<void> {
  await transaction.run(`
    create table if not exists version_history.takeover (
      only_row boolean primary key default true check (only_row),
      -- What was there, and what becomes of each column.
      tables text[] not null,
      decisions jsonb not null,
      -- The old table in SQL: its columns in the types of this system, its key, and the way back.
      old_row text not null,
      old_values text not null,
      key_type text not null,
      old_key text not null,
      own_checksum text not null,
      defaults jsonb not null,
      places text[] not null,
      write_back text not null,
      fits text not null,
      -- Row-level security that bound the owner, and is to do so again after a rollback.
      versions_forced boolean not null default false,
      metadata_forced boolean not null default false,
      old_writer_seen_at timestamptz,
      carried_at timestamptz,
      reported_at timestamptz
    )`);
  await transaction.run(`alter table version_history.takeover enable row level security`);
  const columns = Object.keys(takeover).map(quoted);
  await transaction.run({
    text: `insert into version_history.takeover as takeover (${columns.join(', ')})
      select ${columns.join(', ')} from jsonb_populate_record(null::version_history.takeover, :takeover::jsonb)
      on conflict (only_row) do update set ${columns
        .map((column) => `${column} = ${/forced/.test(column) ? `takeover.${column} or ` : ''}excluded.${column}`)
        .join(', ')}`,
    parameters: [{ name: 'takeover', typeHint: 'JSON', value: { stringValue: JSON.stringify(takeover) } }],
  });
}

/** The old tables that were found when the migrations began, by their qualified names; none on a new database. */
export async function oldTables(database: Database): Promise<string[]> {
  const [exists] = await database.rows<{ exists: boolean }>(
    `select to_regclass('version_history.takeover') is not null as exists`,
  );
  if (!exists?.exists) return [];
  const [found] = await database.documents<string[]>({
    text: 'select to_json(tables) as tables from version_history.takeover',
    parameters: [],
  });
  return found ?? [];
}
