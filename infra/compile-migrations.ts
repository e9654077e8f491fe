import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IndexChange, Migration, Statement, Step } from '../functions/migrations/migration.ts';
import { lintMigration } from './lint-migrations.ts';
import { SqlFileError, SqlText } from './migrations-sql-text.ts';

/** The result of the migrations, kept beside them for people to read; it is not one of them. */
const SCHEMA_FILE = 'schema.sql';
const FILE_NAME = /^\d{3}_[a-z0-9_]+\.sql$/;
/** The Data API's limit for one statement: botocore and SDK model of rds-data, member `sql`. */
const MAX_STATEMENT_CHARACTERS = 65_536;

const DIRECTIVES = ['transaction', 'concurrently', 'batched'] as const;
type Directive = (typeof DIRECTIVES)[number];

/**
 * Reads the files `NNN_name.sql` of `dir` in order and makes steps of them; PostgreSQL's own parser says where statements end.
 * Plain statements that follow each other are one transaction. A comment `-- migrate: <directive>` before a statement makes it a step
 * of its own (`concurrently`, `batched`) or begins a new transaction (`transaction`).
 *
 * @throws SqlFileError with file:line:column for whatever would fail later, in a deployment, or stop those who use the database meanwhile
 */
export async function compileMigrations(dir = 'migrations'): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql') && name !== SCHEMA_FILE).sort();
  for (const [index, name] of names.entries()) {
    const number = String(index).padStart(3, '0');
    if (!FILE_NAME.test(name) || !name.startsWith(`${number}_`))
      throw new SqlFileError(name, 1, 1, `expected a file named ${number}_name.sql here: numbers rise by one from 000`);
  }
  return Promise.all(
    names.map(async (name) => {
      const file = await parseFile(name, await readFile(join(dir, name), 'utf8'));
      lintMigration(file);
      return compileFile(name, file);
    }),
  );
}

/** One hash over everything the migrations do: the custom resource is updated when it changes. */
export function migrationsHash(migrations: Migration[]): string {
  return sha256(migrations.map(({ name, checksum }) => `${name} ${checksum}\n`).join(''));
}

/** Makes the steps of one file, whatever it would do to a live database. @throws SqlFileError */
export const compileMigration = async (name: string, source: string): Promise<Migration> =>
  compileFile(name, await parseFile(name, source));

/** A checkout on Windows may hold CRLF; the checksum must not depend on where the file was built. */
const parseFile = (name: string, source: string): Promise<SqlText> =>
  SqlText.parse(name, source.replaceAll('\r\n', '\n'));

function compileFile(name: string, file: SqlText): Migration {
  const steps: Step[] = [];
  let digest = '';
  let statements: Statement[] = [];
  const push = (step: StepWithoutDigest) => {
    digest = sha256(`${digest}\n${JSON.stringify(step)}`);
    steps.push({ ...step, digest });
  };
  const endTransaction = () => {
    if (statements.length > 0) push({ kind: 'transaction', statements });
    statements = [];
  };

  for (const part of file.statements()) {
    const directive = directiveOf(file, part.directives);
    if (part.sql.length > MAX_STATEMENT_CHARACTERS)
      throw file.error(
        part.start,
        `a statement may have ${MAX_STATEMENT_CHARACTERS} characters, this has ${part.sql.length}`,
      );
    file.checkParameters(part, directive === 'batched');
    const statement = { line: file.position(part.start).line, sql: part.sql };
    const index = indexChange(part.node);
    if (index !== undefined && directive !== 'concurrently')
      throw file.error(part.start, 'an index built or dropped concurrently needs `-- migrate: concurrently` before it');
    if ('TransactionStmt' in part.node)
      throw file.error(
        part.start,
        'no begin or commit here: each step is a transaction already, see `-- migrate: transaction`',
      );

    if (directive !== undefined) endTransaction();
    if (directive === 'batched') push({ kind: 'batched', statement });
    else if (directive === 'concurrently') {
      if (index === undefined)
        throw file.error(
          part.start,
          'only `create index concurrently <name>` or `drop index concurrently <name>` can be this',
        );
      push({ kind: 'concurrently', statement, index });
    } else statements.push(statement);
  }
  endTransaction();
  if (steps.length === 0) throw new SqlFileError(name, 1, 1, 'expected at least one statement');
  return { name, checksum: sha256(file.text), steps };
}

type StepWithoutDigest = Step extends infer Each ? (Each extends Step ? Omit<Each, 'digest'> : never) : never;

function directiveOf(file: SqlText, directives: { value: string; at: number }[]): Directive | undefined {
  const [first, second] = directives;
  if (second !== undefined) throw file.error(second.at, 'a statement takes one directive, this is its second');
  if (first === undefined) return undefined;
  const known = DIRECTIVES.find((directive) => directive === first.value);
  if (known === undefined)
    throw file.error(first.at, `unknown directive "${first.value}": expected one of ${DIRECTIVES.join(', ')}`);
  return known;
}

/** What `node`, a statement's parse tree, does to an index outside of a transaction; undefined when it is anything else. */
function indexChange(node: Record<string, unknown>): IndexChange | undefined {
  const create = node.IndexStmt as CreateIndex | undefined;
  if (create?.concurrent && create.idxname) {
    const { schemaname: schema, relname } = create.relation;
    const name = qualified(schema, create.idxname);
    const drop = `drop index concurrently if exists ${name}`;
    const unique = create.unique === true;
    return { wanted: true, name, bare: create.idxname, table: qualified(schema, relname), unique, drop };
  }
  const drop = node.DropStmt as DropObjects | undefined;
  const [target, ...others] = drop?.objects ?? [];
  if (!drop?.concurrent || target === undefined || others.length > 0) return undefined;
  const [bare = '', schema] = target.List.items.map((item) => item.String.sval).reverse();
  return { wanted: false, name: qualified(schema, bare), bare };
}

interface CreateIndex {
  idxname?: string;
  relation: { schemaname?: string; relname: string };
  unique?: boolean;
  concurrent?: boolean;
}

interface DropObjects {
  concurrent?: boolean;
  objects: { List: { items: { String: { sval: string } }[] } }[];
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const qualified = (schema: string | undefined, name: string): string => `${quoted(schema ?? 'public')}.${quoted(name)}`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
