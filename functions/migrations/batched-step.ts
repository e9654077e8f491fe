import { stepFailed, tookTooLong } from './failure.ts';
import { advance, recordBatch } from './ledger.ts';
import type { BatchedStep, Migration } from './migration.ts';
import { atStep, checkTime, endsSlice, type Slice } from './slice.ts';

const FIRST_BATCH = 1_000;
const LARGEST_BATCH = 10_000;
/** Rows stay locked for a batch: short enough for a writer to wait, long enough that the calls around it do not count. */
const GOAL_MS = 500;

/**
 * Runs batches until none is left; each commits with the ledger's cursor, so a killed runner goes on after the last one.
 * Batches grow and shrink toward half a second.
 *
 * @throws MigrationFailed, OutOfTime, LeaseLost
 */
export async function runBatches(slice: Slice, migration: Migration, index: number, step: BatchedStep): Promise<void> {
  let size = FIRST_BATCH;
  for (let more = true; more; ) {
    checkTime(slice);
    const began = Date.now();
    try {
      more = await runBatch(slice, migration, index, step, size);
      size = nextSize(size, Date.now() - began);
    } catch (error) {
      if (endsSlice(error)) throw error;
      if (!tookTooLong(error) || size === 1) throw stepFailed(migration, index, step, error);
      size = Math.ceil(size / 10);
      slice.log.warn('a batch took too long, smaller ones follow', {
        migration: migration.name,
        line: step.statement.line,
        size,
      });
    }
  }
}

/** @returns whether there may be more */
async function runBatch(
  slice: Slice,
  migration: Migration,
  index: number,
  { statement }: BatchedStep,
  size: number,
): Promise<boolean> {
  const done = await atStep(slice, migration, index, async (transaction, cursor) => {
    const after = cursor === null ? { isNull: true as const } : { stringValue: cursor };
    const [batch] = await transaction.rows<{ last_key: string | null; rows: number }>({
      text: statement.sql,
      parameters: [
        { name: 'after', value: after },
        { name: 'batch', value: { longValue: size } },
      ],
    });
    if (batch === undefined || batch.last_key === null) {
      await advance(transaction, migration, index);
      return { more: false, rows: batch?.rows ?? 0 };
    }
    await recordBatch(transaction, migration.name, batch.last_key, batch.rows);
    return { more: true, rows: batch.rows };
  });
  if (done?.more) slice.log.info('batch done', { migration: migration.name, line: statement.line, rows: done.rows });
  return done?.more ?? false;
}

/** Twice as large when far below the goal, smaller in proportion when above. */
function nextSize(size: number, tookMs: number): number {
  if (tookMs < GOAL_MS / 2) return Math.min(LARGEST_BATCH, size * 2);
  return tookMs > GOAL_MS ? Math.max(1, Math.floor((size * GOAL_MS) / tookMs)) : size;
}
