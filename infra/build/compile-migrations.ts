import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Goal, Migration, Phase, Statement, Step } from '../../functions/migrations/migration.ts';
import { ROLLBACK } from '../../functions/migrations/rolled-back.ts';
import { lintMigration } from './lint-migrations.ts';
import { SqlFileError, SqlText } from './migrations-sql-text.ts';

/** Beside the migrations and none of them: their result, for people to read. */
const SCHEMA_FILE = 'schema.sql';
/** What takes over the tables of the old system, where they are found, and the way back. */
const LEGACY = 'legacy';
const FILE_NAME = /^\d{3}_[a-z0-9_]+\.sql$/;
/** The Data API's limit for one statement: botocore and SDK model of rds-data, member `sql`. */
const MAX_STATEMENT_CHARACTERS = 65_536;

const STEPS = ['transaction', 'batched', 'no transaction', 'long'] as const;
const PHASES = ['backfill', 'contract'] as const;
/** `where`, and the table of an old system without which the file does not run. */
const WHERE = /^where ([a-z_]+\.[a-z_]+)$/;
/** `batched`, the table it goes through, and the most keys a batch may have. */
const BATCHED = /^batched(?: over ([a-z_]+\.[a-z_]+))?(?: by (\d+))?$/;
const LARGEST_BATCH = 10_000;

/**
 * Reads the files `NNN_name.sql` of `dir` and of its folder `legacy` in order, which is one, and makes steps of them; PostgreSQL's own parser says where statements end.
 * Plain statements that follow each other are one transaction. A comment `-- migrate: <directive>` before a statement makes it a step
 * of its own (`batched`, `no transaction`, `long`) or begins a new transaction (`transaction`); before the first statement it may also say when the
 * file runs (`backfill`, `contract`), and `where <table>`: only where that table was found.
 *
 * @throws SqlFileError with file:line:column for whatever would fail later, in a deployment, or stop those who use the database meanwhile
 */
export async function compileMigrations(dir = 'migrations'): Promise<Migration[]> {
  const names = [...(await sqlFiles(dir)), ...(await sqlFiles(join(dir, LEGACY))).map((name) => `${LEGACY}/${name}`)]
    .filter((name) => name !== SCHEMA_FILE && name !== ROLLBACK)
    .sort((one, other) => (basename(one) < basename(other) ? -1 : 1));
  for (const [index, name] of names.entries()) {
    const number = String(index).padStart(3, '0');
    if (!FILE_NAME.test(basename(name)) || !basename(name).startsWith(`${number}_`))
      throw new SqlFileError(name, 1, 1, `expected a file named ${number}_name.sql here: numbers rise by one from 000`);
  }
  return Promise.all(
    names.map(async (name) => {
      const file = await parseFile(name, await readFile(join(dir, name), 'utf8'));
      lintMigration(file, phaseOf(file));
      return compileFile(name, file);
    }),
  );
}

/** The names of a folder's files; none where there is no such folder. */
const sqlFiles = async (dir: string): Promise<string[]> =>
  (existsSync(dir) ? await readdir(dir) : []).filter((name) => name.endsWith('.sql'));

/** The way back, in steps as a migration has them. @throws SqlFileError */
export const compileRollback = async (dir = 'migrations'): Promise<Migration> =>
  compileMigration(ROLLBACK, await readFile(join(dir, ROLLBACK), 'utf8'));

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
    const directive = stepDirective(file, part.directives);
    const batched = BATCHED.exec(directive ?? '');
    if (part.sql.length > MAX_STATEMENT_CHARACTERS)
      throw file.error(
        part.start,
        `a statement may have ${MAX_STATEMENT_CHARACTERS} characters, this has ${part.sql.length}`,
      );
    file.checkParameters(part, batched !== null);
    const statement = { line: file.position(part.start).line, sql: part.sql };
    const goal = goalOf(part.node);
    if (goal && goal.what !== 'valid constraints' && directive !== 'no transaction')
      throw file.error(
        part.start,
        'an index built or dropped concurrently needs `-- migrate: no transaction` before it',
      );
    if ('TransactionStmt' in part.node)
      throw file.error(
        part.start,
        'no begin or commit here: each step is a transaction already, see `-- migrate: transaction`',
      );

    if (directive !== undefined) endTransaction();
    if (batched) {
      const [, over = null, by = LARGEST_BATCH] = batched;
      push({ kind: 'batched', statement, over, largest: Number(by) });
    } else if (directive === 'no transaction' || directive === 'long') {
      if (goal === undefined || (goal.what === 'valid constraints') !== (directive === 'long'))
        throw file.error(part.start, CATALOG_STEPS[directive]);
      push({ kind: directive, statement, goal });
    } else statements.push(statement);
  }
  endTransaction();
  if (steps.length === 0) throw new SqlFileError(name, 1, 1, 'expected at least one statement');
  return { name, checksum: sha256(file.text), phase: phaseOf(file), where: whereOf(file), steps };
}

const CATALOG_STEPS = {
  'no transaction':
    'only `create index concurrently <name>` or `drop index concurrently <name>` can be this: of what they do the catalog tells whether it is done',
  long: 'only `alter table <table> validate constraint <name>`, of one table, can be this: of what it does the catalog tells whether it is done',
};

type StepWithoutDigest = Step extends infer Each ? (Each extends Step ? Omit<Each, 'digest'> : never) : never;

/** What kind of step a statement's comments say it is. */
function stepDirective(file: SqlText, directives: { value: string; at: number }[]): string | undefined {
  const [first, second] = directives.filter(({ value }) => !isPhase(value) && !WHERE.test(value));
  if (second !== undefined) throw file.error(second.at, 'a statement takes one directive, this is its second');
  if (first === undefined || BATCHED.test(first.value) || STEPS.some((step) => step === first.value))
    return first?.value;
  throw file.error(
    first.at,
    `unknown directive "${first.value}": expected one of ${[...STEPS, ...PHASES].join(', ')}, where <schema>.<table>; ` +
      '`batched` may be followed by `over <schema>.<table>` and `by <most keys>`',
  );
}

const isPhase = (value: string): value is (typeof PHASES)[number] => PHASES.some((phase) => phase === value);

/** When the file runs: what stands before its first statement, else with the deployment. */
function phaseOf(file: SqlText): Phase {
  const value = ofWholeFile(file, isPhase);
  return value !== undefined && isPhase(value) ? value : 'expand';
}

/** Without which old table the file does not run. */
const whereOf = (file: SqlText): string | null =>
  WHERE.exec(ofWholeFile(file, (value) => WHERE.test(value)) ?? '')?.[1] ?? null;

/** The one directive of a kind that is about the whole file. @throws SqlFileError where it stands twice, or later than before the first statement */
function ofWholeFile(file: SqlText, isOne: (value: string) => boolean): string | undefined {
  const [first, ...others] = file.statements().map(({ directives }) => directives.filter(({ value }) => isOne(value)));
  const late = others.flat()[0] ?? first?.[1];
  if (late)
    throw file.error(late.at, `\`${late.value}\` is about the whole file: it stands once, before the first statement`);
  return first?.[0]?.value;
}

/** What `node`, a statement's parse tree, brings about that only the catalog can tell; undefined when it is anything else. */
function goalOf(node: Record<string, unknown>): Goal | undefined {
  const create = node.IndexStmt as CreateIndex | undefined;
  if (create?.concurrent && create.idxname) {
    const { schemaname: schema, relname } = create.relation;
    const name = qualified(schema, create.idxname);
    const drop = `drop index concurrently if exists ${name}`;
    const unique = create.unique === true;
    return { what: 'index', name, bare: create.idxname, table: qualified(schema, relname), unique, drop };
  }
  const alter = node.AlterTableStmt as AlterTable | undefined;
  const commands = (alter?.cmds ?? []).map(({ AlterTableCmd }) => AlterTableCmd);
  if (alter && commands.length > 0 && commands.every(({ subtype }) => subtype === 'AT_ValidateConstraint')) {
    const { schemaname: schema, relname } = alter.relation;
    return { what: 'valid constraints', names: commands.map(({ name }) => name), table: qualified(schema, relname) };
  }
  const drop = node.DropStmt as DropObjects | undefined;
  const [target, ...others] = drop?.objects ?? [];
  if (!drop?.concurrent || target === undefined || others.length > 0) return undefined;
  const [bare = '', schema] = target.List.items.map((item) => item.String.sval).reverse();
  return { what: 'no index', name: qualified(schema, bare), bare };
}

interface AlterTable {
  relation: { schemaname?: string; relname: string };
  cmds: { AlterTableCmd: { subtype: string; name: string } }[];
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
