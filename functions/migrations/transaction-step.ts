import { isTransient, stepFailed } from './failure.ts';
import { advance } from './ledger.ts';
import type { Migration, TransactionStep } from './migration.ts';
import { atStep, endsSlice, type Slice } from './slice.ts';

/** Runs the statements of one step and records it, all in one transaction. @throws MigrationFailed, OutOfTime, LeaseLost */
export async function runTransaction(
  slice: Slice,
  migration: Migration,
  index: number,
  step: TransactionStep,
): Promise<void> {
  await atStep(slice, migration, index, async (transaction) => {
    for (const { line, sql } of step.statements) {
      await transaction.run(sql).catch((error: unknown) => {
        throw isTransient(error) ? error : stepFailed(migration, index, step, error, line);
      });
    }
    await advance(transaction, migration, index);
  }).catch((error: unknown) => {
    throw endsSlice(error) ? error : stepFailed(migration, index, step, error);
  });
}
