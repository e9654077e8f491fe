import { type Catalog, type Fact, readFacts } from '../../functions/integrity/catalog.ts';
import { readOnly } from '../../functions/integrity/read-only.ts';
import { rollBack } from '../../functions/migrations/rollback.ts';
import { compileRollback } from '../../infra/build/compile-migrations.ts';
import { type LegacyDatabase, legacyTables, openLegacyDatabase } from './legacy-database.ts';
import { leastInCommon } from './legacy-shapes.ts';
import type { TestDatabase } from './owned-database.ts';

/** A new database has one state. Of an old one, in the order they follow each other; the way back leads out of the first two. */
const STATES = ['new', 'expand', 'backfill', 'contract', 'rolled back'] as const;
type StateName = (typeof STATES)[number];

/** What was so in a state each time it was reached, and what the ledger said was applied. */
type Seen = Record<StateName, { applied: string[]; facts: Fact[] }[]>;

/**
 * What the migrations guarantee: all that is so of a database they make of nothing; and in each state of a takeover, all that is so of an old database and
 * of the one that has least in common with it, by whatever way the state was reached.
 *
 * @param filled told the new database, with everything applied
 */
export async function makeCatalog(
  createDatabase: () => Promise<TestDatabase>,
  filled: (db: LegacyDatabase) => Promise<void> = async () => {},
): Promise<Catalog> {
  const seen: Seen = { new: [], expand: [], backfill: [], contract: [], 'rolled back': [] };
  let postgres = 0;
  const fresh = on(createDatabase, [], async (db) => {
    const [server] = await db.rows<{ major: number }>(
      `select current_setting('server_version_num')::integer / 10000 as major`,
    );
    postgres = server?.major ?? 0;
    await db.migrate();
    await look(db, seen.new);
    await filled(db);
  });
  const old = [[await legacyTables()], leastInCommon].map((statements) =>
    on(createDatabase, statements, async (db) => {
      await takeOver(db, seen);
      await goBack(db, seen);
      await takeOver(db, seen);
      await contract(db, seen);
    }),
  );
  await Promise.all([fresh, ...old]);
  return {
    postgres,
    states: Object.fromEntries(STATES.map((state) => [state, distinct(seen[state].map(({ applied }) => applied))])),
    objects: objectsOf(new Map(STATES.map((state) => [state, common(seen[state].map(({ facts }) => facts))]))),
  };
}

async function takeOver(db: LegacyDatabase, seen: Seen): Promise<void> {
  await db.migrate({ through: 'expand' });
  await look(db, seen.expand);
  await db.migrate();
  await look(db, seen.backfill);
}

/** A line an object, so that a change of the schema is a change of as many lines. */
export function catalogText({ postgres, states, objects }: Catalog): string {
  const lines = Object.entries(objects).map(
    ([object, aspects]) => `    ${JSON.stringify(object)}: ${JSON.stringify(aspects)}`,
  );
  return `{\n  "postgres": ${postgres},\n  "states": ${JSON.stringify(states)},\n  "objects": {\n${lines.join(',\n')}\n  }\n}\n`;
}

async function on(
  createDatabase: () => Promise<TestDatabase>,
  statements: string[],
  work: (db: LegacyDatabase) => Promise<void>,
): Promise<void> {
  const db = await openLegacyDatabase(await createDatabase());
  try {
    for (const statement of statements) await db.owner.query(statement);
    await work(db);
  } finally {
    await db.close();
  }
}

async function look(db: LegacyDatabase, into: Seen[StateName]): Promise<void> {
  const applied = await db.rows<{ name: string }>(
    `select name from version_history.migrations where applied_at is not null order by name`,
  );
  const facts = await readOnly(db.database, (transaction) => readFacts(transaction, null));
  into.push({ applied: applied.map(({ name }) => name), facts });
}

async function goBack(db: LegacyDatabase, seen: Seen): Promise<void> {
  const outcome = await rollBack(await compileRollback(), {
    database: db.database,
    holder: 'the catalog',
    until: Date.now() + 300_000,
    log: { info: () => {}, warn: () => {} },
  });
  // Half-way it is another state, which looks the same in most facts.
  if (!outcome.complete) throw new Error(`the rollback has not ended: ${outcome.waiting}`);
  await look(db, seen['rolled back']);
}

async function contract(db: LegacyDatabase, seen: Seen): Promise<void> {
  await db.owner.query(`update version_history.takeover set reported_at = now() - interval '8 days'`);
  await db.migrate({ through: 'contract' });
  await look(db, seen.contract);
}

const distinct = (lists: string[][]): string[][] =>
  [...new Set(lists.map((list) => JSON.stringify(list)))].sort().map((list) => JSON.parse(list) as string[]);

/** What is the same in all of them, by object and aspect; less only where more is not the same: a shape without a text, a kind without a type. */
function common(looks: Fact[][]): Map<string, Map<string, string>> {
  const [first = [], ...others] = looks;
  const digests = others.map(
    (facts) => new Map(facts.map(({ object, aspect, digest }) => [`${object}\n${aspect}`, digest])),
  );
  const same = first.filter(({ object, aspect, digest }) =>
    digests.every((each) => each.get(`${object}\n${aspect}`) === digest),
  );
  const objects = new Map<string, Map<string, string>>();
  for (const { object, aspect, digest } of same)
    objects.set(object, (objects.get(object) ?? new Map<string, string>()).set(aspect, digest));
  for (const aspects of objects.values()) {
    if (aspects.has('text')) aspects.delete('shape');
    if (aspects.has('type')) aspects.delete('kind');
  }
  return objects;
}

/** What a takeover keeps is whoever's who looks after the data: dropped when it is not needed any more. */
const KEPT = /\b(project_versions(_metadata)?_backup|version_history\.project_versions_metadata|takeover(_report)?)\b/;

function objectsOf(states: Map<StateName, Map<string, Map<string, string>>>): Catalog['objects'] {
  const names = [...new Set([...states.values()].flatMap((objects) => [...objects.keys()]))]
    .filter((object) => !KEPT.test(object))
    .sort();
  return Object.fromEntries(
    names.map((object) => {
      const aspects = [...new Set([...states.values()].flatMap((objects) => [...(objects.get(object)?.keys() ?? [])]))];
      return [
        object,
        Object.fromEntries(
          aspects.map((aspect) => {
            const digests = [...states].flatMap(([state, objects]): [string, string][] => {
              const digest = objects.get(object)?.get(aspect);
              return digest === undefined ? [] : [[state, digest]];
            });
            const everywhere =
              digests.length === STATES.length && new Set(digests.map(([, digest]) => digest)).size === 1;
            return [aspect, everywhere ? (digests[0]?.[1] ?? '') : Object.fromEntries(digests)];
          }),
        ),
      ];
    }),
  );
}
