import { setTimeout as sleep } from 'node:timers/promises';
import { stepFailed, tookTooLong } from './failure.ts';
import { advance, type Progress, pace, recordBatch } from './ledger.ts';
import type { BatchedStep, Migration } from './migration.ts';
import { Pacer } from './pacer.ts';
import { atStep, checkTime, endsSlice, type Slice } from './slice.ts';

/**
 * Runs batches until none is left; each commits with the ledger's cursor, so a killed runner goes on after the last one. How large they are
 * and how long it rests between them is the pacer's.
 *
 * @throws MigrationFailed, OutOfTime, LeaseLost
 */
export async function runBatches(slice: Slice, migration: Migration, index: number, step: BatchedStep): Promise<void> {
  const pacer = new Pacer(step.largest);
  for (;;) {
    checkTime(slice);
    const began = Date.now();
    try {
      const done = await runBatch(slice, migration, index, step, pacer.size);
      if (done === undefined) return;
      const restMs = pacer.done(done.rows, done.ms);
      slice.log.info('migration batch done', {
        migration: migration.name,
        step: index + 1,
        of: migration.steps.length,
        rows: done.rows,
        ms: done.ms,
        done: done.progress.step_rows,
        total: done.progress.step_total,
        ...pace(done.progress),
      });
      await sleep(Math.min(restMs, Math.max(0, slice.until - Date.now())));
    } catch (error) {
      if (endsSlice(error)) throw error;
      if (!tookTooLong(error) || pacer.size === 1) throw stepFailed(migration, index, step, error);
      pacer.tookTooLong();
      slice.log.warn('a batch took too long, smaller ones follow', {
        migration: migration.name,
        line: step.statement.line,
        size: pacer.size,
        ms: Date.now() - began,
      });
    }
  }
}

interface Batch {
  rows: number;
  /** The statement alone: for so long its rows were locked. */
  ms: number;
  progress: Progress;
}

/** @returns nothing when there was nothing left */
function runBatch(
  slice: Slice,
  migration: Migration,
  index: number,
  { statement, over }: BatchedStep,
  size: number,
): Promise<Batch | undefined> {
  return atStep(slice, migration, index, async (transaction, cursor) => {
    const after = cursor === null ? { isNull: true as const } : { stringValue: cursor };
    const began = Date.now();
    const [batch] = await transaction.rows<{ last_key: string | null; rows: number }>({
      text: statement.sql,
      parameters: [
        { name: 'after', value: after },
        { name: 'batch', value: { longValue: size } },
      ],
    });
    if (batch === undefined || batch.last_key === null) {
      await advance(transaction, migration, index);
      return undefined;
    }
    const { last_key, rows } = batch;
    const ms = Date.now() - began;
    const progress = await recordBatch(transaction, migration.name, { cursor: last_key, rows, over, ms });
    return { rows, ms, progress };
  });
}
