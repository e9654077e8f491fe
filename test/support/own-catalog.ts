import { type Fact, readFacts } from '../../functions/integrity/catalog.ts';
import { readOnly } from '../../functions/integrity/read-only.ts';
import { type LegacyDatabase, legacyDatabase } from './legacy-database.ts';

/** What a takeover keeps in schema version_history for whoever looks after the data. */
const KEPT =
  /\b(version_history\.)?(project_versions_backup|takeover|takeover_report)\b|\bversion_history\.project_versions_metadata\b/;

/** Everything that is so of a database, by object and aspect. Through row-level security nobody looks: these are catalogs. */
export async function catalogOf(db: LegacyDatabase): Promise<Map<string, string>> {
  const facts = await readOnly(db.database, (transaction) => readFacts(transaction, null));
  return new Map(facts.map(({ object, aspect, digest }: Fact) => [`${object}: ${aspect}`, digest]));
}

let fresh: Promise<Map<string, string>> | undefined;
/** The catalog of a new database. */
const newCatalog = (): Promise<Map<string, string>> => {
  fresh ??= legacyDatabase().then(async (db) => {
    await db.migrate();
    const catalog = await catalogOf(db);
    await db.close();
    return catalog;
  });
  return fresh;
};

const objectOf = (key: string): string => key.slice(0, key.lastIndexOf(': '));

/**
 * What of a database that was an old one is neither as in a new one nor its own: what it has more, and what it has not.
 *
 * @param before its catalog before the migrations: what was so and still is, is its own
 */
export async function strangeIn(
  db: LegacyDatabase,
  before: Map<string, string>,
): Promise<{ more: string[]; less: string[] }> {
  const [expected, found] = [await newCatalog(), await catalogOf(db)];
  const objects = new Set([...before.keys()].map(objectOf));
  const isOwn = (key: string) => objects.has(objectOf(key)) && before.get(key) === found.get(key);
  // Where row-level security was on, that database's own policies decide for its other roles.
  const decides = (key: string) =>
    /policy project_versions_everyone/.test(key) &&
    [...objects].some((object) => /^policy \w+ on project_versions$/.test(object));
  // Where a column is of another width, texts name a cast that the shape leaves out.
  const isCast = (key: string) => {
    const shape = `${objectOf(key)}: shape`;
    return key.endsWith(': text') && expected.has(shape) && expected.get(shape) === found.get(shape);
  };
  return {
    more: [...found.keys()].filter(
      (key) => found.get(key) !== expected.get(key) && !isOwn(key) && !isCast(key) && !KEPT.test(key),
    ),
    less: [...expected.keys()].filter((key) => !found.has(key) && !isOwn(key) && !decides(key)),
  };
}
