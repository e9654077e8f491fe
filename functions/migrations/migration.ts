/** One statement as PostgreSQL will get it, and the line of the file it starts on. */
export interface Statement {
  line: number;
  sql: string;
}

/**
 * The unit of progress: done or not done, never half, and recorded in the ledger when it is done.
 * - `transaction`: statements that commit together, with the ledger's entry in the same transaction.
 * - `concurrently`: one `create|drop index concurrently`, which PostgreSQL refuses inside a transaction.
 * - `batched`: one statement with the parameters `:after` (the last key done, null at first) and `:batch` (how many keys),
 *   answering one row (last_key, rows), last_key null when nothing is left. Each batch commits together with the ledger's cursor.
 *
 * `digest` covers this step and all before it: it tells whether what a database has run is still what the file begins with.
 */
export type Step = TransactionStep | BatchedStep | IndexStep;

export interface TransactionStep {
  kind: 'transaction';
  digest: string;
  statements: Statement[];
}

export interface BatchedStep {
  kind: 'batched';
  digest: string;
  statement: Statement;
}

export interface IndexStep {
  kind: 'concurrently';
  digest: string;
  statement: Statement;
  index: IndexChange;
}

/**
 * What an index step is to bring about, in the catalog's words. `name` and `table` are quoted and qualified, `bare` is the name alone;
 * `drop` is the statement that removes an unusable leftover of the same name.
 */
export type IndexChange =
  | { wanted: true; name: string; bare: string; table: string; unique: boolean; drop: string }
  | { wanted: false; name: string; bare: string };

/** One file of `migrations/`: `name` is the file's, `checksum` the SHA-256 of its text with line ends as LF. */
export interface Migration {
  name: string;
  checksum: string;
  steps: Step[];
}

/** Where in the file a step begins. */
export const lineOf = (step: Step): number =>
  step.kind === 'transaction' ? (step.statements[0]?.line ?? 1) : step.statement.line;
