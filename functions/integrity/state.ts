import type { Transaction } from '../platform/database.ts';
import type { Catalog } from './catalog.ts';

/** How far a database is with its migrations, in the words of migrations/catalog.json; undefined when it is between two states, or in none. */
export interface State {
  name: string | undefined;
  /** The state it is on its way to: what it has in both of them it has in between. */
  towards: string | undefined;
  /** Migrations it has that this code does not know: it is ahead, after a deployment was taken back. */
  ahead: boolean;
  /** The tables of an old system were found, and what is odd in them is reported. */
  takeover: boolean;
  reported: boolean;
  /** The ledger as text: two that are equal have nothing between them. */
  ledger: string;
}

/** What the contract does, and what a database without the old table has no need of. */
const CONTRACT = 'legacy/010_move_the_old_table_aside.sql';
const REPORT = 'legacy/009_report.sql';

/** Which state a database is in, by its ledger. */
export async function readState(transaction: Transaction, { states }: Catalog): Promise<State> {
  const entries = await transaction.rows<{ name: string; next_step: number; applied: boolean }>(
    `select name, next_step, applied_at is not null as applied from version_history.migrations order by name`,
  );
  const takeover = await readTakeover(transaction);
  const known = new Set(Object.values(states).flat(2));
  const applied = entries.filter((entry) => entry.applied && known.has(entry.name)).map(({ name }) => name);
  if (takeover.exists && !takeover.old_table && applied.includes(REPORT)) applied.push(CONTRACT);
  const underWay = entries.some((entry) => !entry.applied);
  const order = Object.keys(states);
  const name = order.find((state) => states[state]?.some((one) => isSame(one, applied)));
  const next = name === undefined ? undefined : order[order.indexOf(name) + 1];
  return {
    name,
    towards:
      underWay && next !== undefined && states[next]?.some((all) => applied.every((one) => all.includes(one)))
        ? next
        : undefined,
    ahead: entries.some((entry) => !known.has(entry.name)),
    takeover: takeover.exists,
    reported: !takeover.exists || takeover.reported,
    ledger: JSON.stringify(entries),
  };
}

async function readTakeover(transaction: Transaction) {
  const [found] = await transaction.rows<{ exists: boolean }>(
    `select to_regclass('version_history.takeover') is not null as exists`,
  );
  if (!found?.exists) return { exists: false, old_table: false, reported: true };
  const [takeover] = await transaction.rows<{ old_table: boolean; reported: boolean }>(
    `select 'public.project_versions_metadata' = any (tables) as old_table, reported_at is not null as reported from version_history.takeover`,
  );
  return { exists: true, old_table: takeover?.old_table ?? false, reported: takeover?.reported ?? false };
}

const isSame = (a: string[], b: string[]): boolean => a.length === b.length && a.every((name) => b.includes(name));
