/** One statement as PostgreSQL will get it, and the line of the file it starts on. */
export interface Statement {
  line: number;
  sql: string;
}

/**
 * The unit of progress: done or not done, never half, and recorded in the ledger when it is done.
 * - `transaction`: statements that commit together, with the ledger's entry in the same transaction.
 * - `batched`: one statement with the parameters `:after` (the last key done, null at first) and `:batch` (how many keys),
 *   answering one row (last_key, rows), last_key null when nothing is left. Each batch commits together with the ledger's cursor.
 * - `no transaction`: one `create|drop index concurrently`, which PostgreSQL refuses inside a transaction.
 * - `long`: one `alter table ... validate constraint`, of one or more of them, which may outlive its call.
 *
 * `digest` covers this step and all before it: it tells whether what a database has run is still what the file begins with.
 */
export type Step = TransactionStep | BatchedStep | CatalogStep;

export interface TransactionStep {
  kind: 'transaction';
  digest: string;
  statements: Statement[];
}

export interface BatchedStep {
  kind: 'batched';
  digest: string;
  statement: Statement;
  /** The table whose rows it goes through, for an estimate of what is left. */
  over: string | null;
  /** The most keys a batch may have. */
  largest: number;
}

/** A step whose end the catalog tells, because the answer of its one call may not come. */
export interface CatalogStep {
  kind: 'no transaction' | 'long';
  digest: string;
  statement: Statement;
  goal: Goal;
}

/**
 * What a step is to bring about, in the catalog's words. `name` and `table` are quoted and qualified, `bare` is the name alone;
 * `drop` is the statement that removes an unusable leftover of the same name.
 */
export type Goal =
  | { what: 'index'; name: string; bare: string; table: string; unique: boolean; drop: string }
  | { what: 'no index'; name: string; bare: string }
  | { what: 'valid constraints'; names: string[]; table: string };

/**
 * When a file runs. `expand`: what the code of a deployment counts on; the deployment waits for it. `backfill`: goes on beside it. `contract`: takes
 * away what the old system used; only where that is asked for.
 */
export type Phase = 'expand' | 'backfill' | 'contract';

/**
 * One file of `migrations/`: `name` is its path in there, `checksum` the SHA-256 of its text with line ends as LF. `where`: the table of an old
 * system without which it does not run; null for what every database gets.
 */
export interface Migration {
  name: string;
  checksum: string;
  phase: Phase;
  where: string | null;
  steps: Step[];
}

const PHASES: Phase[] = ['expand', 'backfill', 'contract'];

/** The files of the phases up to and with `through`, in the order they run: by phase, then by number. `old`: the old tables that were found. */
export const inOrder = (migrations: Migration[], through: Phase, old: string[]): Migration[] =>
  PHASES.slice(0, PHASES.indexOf(through) + 1).flatMap((phase) =>
    migrations.filter(
      (migration) => migration.phase === phase && (migration.where === null || old.includes(migration.where)),
    ),
  );

/** Where in the file a step begins. */
export const lineOf = (step: Step): number =>
  step.kind === 'transaction' ? (step.statements[0]?.line ?? 1) : step.statement.line;
