/** Everything the Data API puts a bound on. Sizes in bytes, times in milliseconds. */
export interface Limits {
  /** Characters of one SQL text (M: the service's model). */
  sqlCharacters: number;
  /** One request (D). */
  requestBytes: number;
  /** One answer, and all that the database sends for it (D). */
  answerBytes: number;
  /** `formattedRecords`: its own, larger limit (D), within what the database may send. */
  formattedBytes: number;
  /** One row (D); seemingly not enforced for Serverless v2 (?), so going past it warns, and fails in strict mode. */
  rowBytes: number;
  /** One statement (D). */
  statementMs: number;
  /** A transaction nobody uses (D). */
  transactionIdleMs: number;
  /** A transaction in all (D). */
  transactionMs: number;
  /** Connections to PostgreSQL for each role and database; what comes above waits. Ours: the server allows 200 in all. */
  connections: number;
}

export const DEFAULT_LIMITS: Limits = {
  sqlCharacters: 65_536,
  requestBytes: 4 * 1024 * 1024,
  answerBytes: 1024 * 1024,
  formattedBytes: 10 * 1024 * 1024,
  rowBytes: 64 * 1024,
  statementMs: 45_000,
  transactionIdleMs: 3 * 60_000,
  transactionMs: 24 * 3_600_000,
  connections: 40,
};
