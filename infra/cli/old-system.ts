import { readObstacles } from '../../functions/migrations/preflight.ts';
import type { Decision } from '../../functions/migrations/takeover/decide.ts';
import { brokenRules, findOldTables, inWords } from '../../functions/migrations/takeover/found.ts';
import type { Database } from '../../functions/platform/database.ts';

/** What becomes of the columns of an old system's tables, and what is in the way of it. */
export interface OldSystem {
  columns: Decision[];
  refusals: string[];
  /** What the contract touches. */
  dependents: { views: string[]; foreignKeys: string[]; functions: string[] };
}

/** Reads what the preflight of a deployment reads, and changes nothing. Only the deployment reads rows that row-level security hides from the owner. */
export async function readOldSystem(database: Database): Promise<OldSystem> {
  const { obstacles, decided } = await readObstacles(database);
  const { takeover, refusals, rules, dependents } = await findOldTables(database);
  if (takeover.tables.length === 0) return { columns: [], refusals: [...obstacles, ...refusals], dependents };
  if (decided) return { columns: [], refusals: obstacles, dependents };
  const broken = takeover.versions_forced || takeover.metadata_forced ? [] : await brokenRules(database, rules);
  return {
    columns: [...takeover.decisions, ...broken],
    refusals: [...obstacles, ...refusals, ...broken.map(inWords)],
    dependents,
  };
}
