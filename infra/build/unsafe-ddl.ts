import type { Phase } from '../../functions/migrations/migration.ts';

/**
 * DDL that is fine on an empty database and stops a live one: it rewrites a table, keeps everybody out while it reads it, or takes away what the functions
 * of the previous deployment still use. The rules are those of strong_migrations and squawk, for PostgreSQL 17 and this runner's steps:
 * https://github.com/ankane/strong_migrations, https://squawkhq.com/docs/rules
 */

/** A statement's parse tree, as libpg-query gives it: one key, the kind of statement. */
type Node = Record<string, unknown>;

/** What a statement of a file stands in: what the file has made before it, and how it is run. */
export interface Surroundings {
  /** Tables and functions that earlier statements of this file create: nobody uses them yet. */
  own: ReadonlySet<string>;
  /** In the last one things may go that nobody uses any more. */
  phase: Phase;
  /** Tables of which earlier statements of this file validate a check. */
  validated: ReadonlySet<string>;
  batched: boolean;
  long: boolean;
}

interface Relation {
  relname: string;
}

interface AlterCommand {
  subtype: string;
  name?: string;
  behavior?: string;
  def?: { ColumnDef?: ColumnDef; Constraint?: Constraint };
}

interface ColumnDef {
  colname: string;
  constraints?: { Constraint: Constraint }[];
  typeName?: { names?: { String?: { sval: string } }[] };
}

interface Constraint {
  contype: string;
  skip_validation?: boolean;
  indexname?: string;
  raw_expr?: Node;
}

/** Why this statement may not stand in a migration, and how the same is done safely; nothing when it may. */
export function unsafeDdl(node: Node, around: Surroundings): string | undefined {
  const [[kind = '', body] = []] = Object.entries(node) as [string, Record<string, unknown>][];
  return RULES[kind]?.(body ?? {}, around);
}

const RULES: Record<string, (body: Record<string, unknown>, around: Surroundings) => string | undefined> = {
  IndexStmt: ({ relation, concurrent }, { own }) =>
    concurrent || own.has(nameOf(relation))
      ? undefined
      : 'this keeps writers out until the index is built; write `create index concurrently if not exists` behind `-- migrate: no transaction`',
  AlterTableStmt: ({ relation, cmds }, around) => {
    if (around.own.has(nameOf(relation))) return undefined;
    for (const { AlterTableCmd: command } of (cmds ?? []) as { AlterTableCmd: AlterCommand }[]) {
      const problem = alterProblem(command, { ...around, table: nameOf(relation) });
      if (problem) return problem;
    }
    return undefined;
  },
  RenameStmt: ({ relation, renameType }, { own }) =>
    own.has(nameOf(relation))
      ? undefined
      : `the functions of the previous deployment still say the old name of this ${thing(renameType)}; make a new one beside it, and carry over`,
  DropStmt: ({ objects, behavior, removeType, concurrent }, { own, phase }) => {
    if (behavior === 'DROP_CASCADE')
      return 'cascade drops what nobody has named; drop each thing by its name, in order';
    if (concurrent) return undefined;
    if (removeType === 'OBJECT_INDEX')
      return 'this keeps everybody out of the table; write `drop index concurrently if exists` behind `-- migrate: no transaction`';
    if (phase === 'contract' || removeType === 'OBJECT_TRIGGER' || removeType === 'OBJECT_POLICY') return undefined;
    const strange = ((objects ?? []) as Node[]).map(objectName).filter((name) => !own.has(name));
    return strange.length === 0
      ? undefined
      : `the functions of the previous deployment may still use ${strange.join(', ')}; a migration only adds, and drops what this file has made, unless its first line is \`-- migrate: contract\``;
  },
  TruncateStmt: () =>
    'this empties a table for good and keeps everybody out; delete in batches, behind `-- migrate: batched`',
  UpdateStmt: ({ relation }, { own, batched }) => (batched || own.has(nameOf(relation)) ? undefined : BACKFILL),
  MergeStmt: ({ relation }, { own, batched }) => (batched || own.has(nameOf(relation)) ? undefined : BACKFILL),
  SelectStmt: ({ withClause }, { batched }) =>
    !batched && /"(Update|Delete|Merge)Stmt"/.test(JSON.stringify(withClause ?? '')) ? BACKFILL : undefined,
  DeleteStmt: ({ relation }, { own, batched }) => (batched || own.has(nameOf(relation)) ? undefined : BACKFILL),
  LockStmt: () => 'the runner waits for the locks a step needs, a tenth of a second at a time; leave this out',
  ClusterStmt: () => 'this rewrites the table and keeps everybody out of it; there is no safe way to do it here',
  VacuumStmt: ({ is_vacuumcmd }) =>
    is_vacuumcmd ? 'vacuum does not run in a step; autovacuum does it, or an engineer by hand' : undefined,
  ReindexStmt: () => 'this keeps writers out; build a new index concurrently and drop the old one so',
  RefreshMatViewStmt: ({ concurrent }) => (concurrent ? undefined : 'readers wait for this; refresh it concurrently'),
};

const BACKFILL =
  'this locks every row it changes until it ends, and the Data API ends it after 45 s; write it with :after and :batch behind `-- migrate: batched`';

function alterProblem(
  { subtype, def, behavior, name }: AlterCommand,
  around: Surroundings & { table: string },
): string | undefined {
  if (behavior === 'DROP_CASCADE') return 'cascade drops what nobody has named; drop each thing by its name, in order';
  const rule: Record<string, () => string | undefined> = {
    AT_AlterColumnType: () =>
      `the whole table is rewritten, and nobody gets at it meanwhile; add a column of the new type, carry ${name} over in batches, and read the new one`,
    AT_AddColumn: () => columnProblem(def?.ColumnDef),
    AT_DropColumn: () =>
      around.phase === 'contract'
        ? undefined
        : `the functions of the previous deployment still read ${name}; a migration only adds, unless its first line is \`-- migrate: contract\``,
    AT_AddConstraint: () => constraintProblem(def?.Constraint),
    AT_SetNotNull: () =>
      around.validated.has(around.table)
        ? undefined
        : `the table is read while nobody gets at it; add \`check (${name} is not null) not valid\`, validate it in a transaction of its own, and then this costs nothing`,
    AT_ValidateConstraint: () =>
      around.long
        ? undefined
        : 'the whole table is read, which may take longer than the 45 s of a call, with the locks of the statements before it; put `-- migrate: long` before this',
    AT_SetTableSpace: () => 'the whole table is rewritten, and nobody gets at it meanwhile',
    AT_SetLogged: () => 'the whole table is rewritten, and nobody gets at it meanwhile',
    AT_SetUnLogged: () => 'the whole table is rewritten, and a crash empties it',
  };
  return rule[subtype]?.();
}

function columnProblem(column: ColumnDef | undefined): string | undefined {
  const constraints = (column?.constraints ?? []).map(({ Constraint }) => Constraint);
  const has = (type: string) => constraints.find(({ contype }) => contype === type);
  const type = column?.typeName?.names?.at(-1)?.String?.sval ?? '';
  const fallback = has('CONSTR_DEFAULT');
  if (
    /^(small|big)?serial\d?$/.test(type) ||
    has('CONSTR_IDENTITY') ||
    has('CONSTR_GENERATED') ||
    volatile(fallback?.raw_expr)
  )
    return `each row gets a value of its own, so the whole table is rewritten; add ${column?.colname} without it, fill it in batches, then set the default`;
  if (has('CONSTR_NOTNULL') && !fallback)
    return `this fails on a table with rows; give ${column?.colname} a constant default, which costs nothing`;
  const inline = constraints.find(({ contype }) => /^CONSTR_(CHECK|FOREIGN|UNIQUE|PRIMARY)$/.test(contype));
  return inline && constraintProblem({ ...inline, skip_validation: false });
}

function constraintProblem(constraint: Constraint | undefined): string | undefined {
  if (/^CONSTR_(UNIQUE|PRIMARY|EXCLUSION)$/.test(constraint?.contype ?? ''))
    return constraint?.indexname
      ? undefined
      : 'its index is built while nobody gets at the table; build a unique one concurrently, then `add constraint ... using index`';
  return constraint?.skip_validation
    ? undefined
    : 'the table is read while writers wait; add it `not valid`, and validate it in a transaction of its own';
}

/** Functions that answer something else for each row; now() and the like are read once a statement. */
const VOLATILE = /^(random|gen_random_uuid|uuid_generate_v\d|nextval|clock_timestamp|timeofday|statement_id)$/;

function volatile(expression: unknown): boolean {
  if (typeof expression !== 'object' || expression === null) return false;
  const call = (expression as { FuncCall?: { funcname: { String: { sval: string } }[] } }).FuncCall;
  if (call && VOLATILE.test(call.funcname.at(-1)?.String.sval ?? '')) return true;
  return Object.values(expression).some(volatile);
}

const nameOf = (relation: unknown): string => (relation as Relation | undefined)?.relname ?? '';
const thing = (type: unknown): string => String(type).replace('OBJECT_', '').toLowerCase();

/** The bare name of what a drop names: a list of names, or a function with its arguments. */
function objectName(object: Node): string {
  const { List, ObjectWithArgs, TypeName } = object as {
    List?: { items: { String?: { sval: string } }[] };
    ObjectWithArgs?: { objname: { String: { sval: string } }[] };
    TypeName?: { names: { String: { sval: string } }[] };
  };
  const names = List?.items ?? ObjectWithArgs?.objname ?? TypeName?.names ?? [];
  return names.at(-1)?.String?.sval ?? 'it';
}

/** What a statement makes: the bare names of a table, view or function, of which later statements may do as they like. Of a table that may be there, they may not. */
export function madeBy(node: Node): string | undefined {
  const { CreateStmt, CreateFunctionStmt, CreateTableAsStmt, ViewStmt } = node as {
    CreateStmt?: { relation: Relation; if_not_exists?: boolean };
    CreateFunctionStmt?: { funcname: { String: { sval: string } }[]; replace?: boolean };
    CreateTableAsStmt?: { into: { rel: Relation } };
    ViewStmt?: { view: Relation };
  };
  return (
    (CreateStmt?.if_not_exists ? undefined : CreateStmt?.relation.relname) ??
    CreateTableAsStmt?.into.rel.relname ??
    ViewStmt?.view.relname ??
    CreateFunctionStmt?.funcname.at(-1)?.String.sval
  );
}
