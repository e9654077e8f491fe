import type { Transaction } from '../platform/database.ts';
import type { Catalog } from './catalog.ts';

/** How far a database is with its migrations, in the words of migrations/catalog.json; undefined when it is between two states, or in none. */
export interface State {
  name: string | undefined;
  /** The state it is on its way to: what it has in both of them it has in between. */
  towards: string | undefined;
  /** Migrations it has that this code does not know: it is ahead, after a deployment was taken back. */
  ahead: boolean;
  /** The ledger as text: two that are equal have nothing between them. */
  ledger: string;
}

/** Which state a database is in, by its ledger. */
export async function readState(transaction: Transaction, { states }: Catalog): Promise<State> {
  const entries = await transaction.rows<{ name: string; next_step: number; applied: boolean }>(
    `select name, next_step, applied_at is not null as applied from public.project_versions_migrations order by name`,
  );
  const known = new Set(Object.values(states).flat(2));
  const applied = entries.filter((entry) => entry.applied && known.has(entry.name)).map(({ name }) => name);
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
    ledger: JSON.stringify(entries),
  };
}

const isSame = (a: string[], b: string[]): boolean => a.length === b.length && a.every((name) => b.includes(name));
