import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, DatabaseUnavailable, LoginRefused, StatementTimeout } from '../platform/errors.ts';
import { lineOf, type Migration, type Step } from './migration.ts';

/** The deployment cannot go on by itself. The message is what CloudFormation shows: one line, what is wrong and what to do. */
export class MigrationFailed extends Error {
  override name = 'MigrationFailed';
}

/** Time for this slice of work is over; the next one goes on. `cause` is what held it up, if anything did. */
export class OutOfTime extends Error {
  override name = 'OutOfTime';
}

/** Another lock, another transaction or another deployment was in the way: PostgreSQL manual, appendix A. */
const CONTENTION = new Set(['55P03', '40001', '40P01']);

/** The same work, done again, may succeed. */
export const isTransient = (error: unknown): boolean =>
  // A wrong secret stays wrong: the call itself has waited long enough for a rotation to end.
  (error instanceof DatabaseUnavailable && !(error instanceof LoginRefused)) ||
  (error instanceof DatabaseError && CONTENTION.has(error.sqlState)) ||
  // Idle for 3 minutes, or ended by a failed call: nothing of it was committed.
  (error instanceof Error && error.name === 'TransactionNotFoundException');

/** The statement was stopped because it took too long: by the Data API after 45 s, or by the role's statement_timeout. */
export const tookTooLong = (error: unknown): boolean =>
  error instanceof StatementTimeout || (error instanceof DatabaseError && error.sqlState === '57014');

/**
 * Does `work` until it succeeds, fails for good, or `until` (epoch ms) has come. Waits grow from 50 ms to 2 s, with jitter,
 * because whoever holds a lock is often another one that retries.
 *
 * @throws OutOfTime
 */
export async function persist<Result>(until: number, work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error)) throw error;
      const wait = Math.min(2_000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2);
      if (Date.now() + wait >= until) throw new OutOfTime(reasonOf(error), { cause: error });
      await sleep(wait);
    }
  }
}

/** Names the file, the line and the step, and says what PostgreSQL said; never the statement. */
export function stepFailed(migration: Migration, index: number, step: Step, error: unknown, line?: number): Error {
  if (error instanceof MigrationFailed || error instanceof OutOfTime) return error;
  const where = `migrations/${migration.name}:${line ?? lineOf(step)} (step ${index + 1} of ${migration.steps.length})`;
  const advice = tookTooLong(error)
    ? 'a statement may take 45 s: make it smaller, or a batched step'
    : 'nothing of this step was kept; what came before it was, and the next deployment goes on here';
  return new MigrationFailed(`${where} failed: ${reasonOf(error)}; ${advice}`, { cause: error });
}

/** An error in one line, for a log and for CloudFormation. */
export function reasonOf(error: unknown): string {
  if (error instanceof DatabaseError) return `${error.message} (SQLSTATE ${error.sqlState})`;
  return error instanceof Error ? `${error.message} (${error.name})` : String(error);
}
