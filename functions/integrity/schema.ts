import type { Transaction } from '../platform/database.ts';
import { type Catalog, readFacts, WRITTEN_OUT } from './catalog.ts';
import type { Finding } from './finding.ts';
import type { State } from './state.ts';

/** What is not as the migrations make it, in the state a database is in. What else is in it is nobody's business. */
export async function compareSchema(transaction: Transaction, catalog: Catalog, state: State): Promise<Finding[]> {
  const [server] = await transaction.rows<{ major: number }>(
    `select current_setting('server_version_num')::integer / 10000 as major`,
  );
  const found = new Map<string, Map<string, string>>();
  for (const { object, aspect, digest } of await readFacts(transaction, namesIn(catalog))) {
    const aspects = found.get(object) ?? new Map<string, string>();
    found.set(object, aspects.set(aspect, digest));
  }
  const sameWords = server?.major === catalog.postgres;
  const findings: Finding[] = [];
  for (const [object, aspects] of Object.entries(catalog.objects)) {
    const wrong = Object.entries(aspects).filter(([aspect, digests]) => {
      const expected = expectedIn(digests, state);
      const comparable = sameWords || !WRITTEN_OUT.has(aspect);
      return expected !== undefined && comparable && found.get(object)?.get(aspect) !== expected;
    });
    if (wrong.length === 0 || isOnMissing(object, found)) continue;
    const detail = found.has(object) ? `differs: ${wrong.map(([aspect]) => aspect).join(', ')}` : 'is missing';
    findings.push({ kind: 'schema', object, detail });
  }
  return findings;
}

/** On the way to another state: what is so in both. */
function expectedIn(digests: string | Record<string, string>, { name = '', towards }: State): string | undefined {
  if (typeof digests === 'string') return digests;
  const expected = digests[name];
  return towards === undefined || digests[towards] === expected ? expected : undefined;
}

/** The tables, views and functions a catalog speaks of, by their bare names. */
const namesIn = ({ objects }: Catalog): string[] => [
  ...new Set(Object.keys(objects).flatMap((object) => /^(?:table|view|function) ([^(]+)/.exec(object)?.[1] ?? [])),
];

/** A table that is missing is one finding, not one for each of its columns. */
function isOnMissing(object: string, found: Map<string, unknown>): boolean {
  const [, table] = /^column ([^.]+)\./.exec(object) ?? / on (\S+)$/.exec(object) ?? [];
  return table !== undefined && !found.has(`table ${table}`) && !found.has(`view ${table}`);
}
