import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from '../platform/errors.ts';
import { sql } from '../platform/sql.ts';
import { isTransient, MigrationFailed, persist, reasonOf, stepFailed, tookTooLong } from './failure.ts';
import { advance, goBack } from './ledger.ts';
import type { IndexChange, IndexStep, Migration } from './migration.ts';
import { atStep, checkTime, endsSlice, type Slice } from './slice.ts';

/** How often the catalog is asked about a build that outlives its call. */
const POLL_MS = 1_000;
/** A build that fails again and again for the same reason is not helped by another. */
const ATTEMPTS = 5;

type State = 'done' | 'busy' | 'unusable' | 'absent' | 'in the way' | 'to drop';

/**
 * Brings an index about, or takes it away, outside of a transaction. The catalog is believed and not the answers: a build may
 * outlive its call, and one that failed leaves an INVALID index, which `if not exists` would take for done.
 *
 * @throws MigrationFailed, OutOfTime, LeaseLost
 */
export async function runIndexStep(slice: Slice, migration: Migration, index: number, step: IndexStep): Promise<void> {
  try {
    for (let attempts = 0; ; ) {
      checkTime(slice);
      await persist(slice.until, () => slice.lease.renew(slice.database));
      const state = await persist(slice.until, () => look(slice, step.index));
      if (state === 'done') return await atStep(slice, migration, index, (tx) => advance(tx, migration, index));
      if (state === 'in the way') throw inTheWay(migration, step);
      if (state === 'busy') await sleep(POLL_MS);
      else if (state === 'unusable' && step.index.wanted) await fire(slice, step.index.drop);
      else {
        if (++attempts > ATTEMPTS) throw new MigrationFailed(`still ${state} after ${ATTEMPTS} attempts`);
        const failure = await fire(slice, step.statement.sql);
        if (failure && (await madeUnique(slice, migration, index, failure))) return;
      }
    }
  } catch (error) {
    throw endsSlice(error) ? error : stepFailed(migration, index, step, error);
  }
}

/** Runs a statement that may outlive its call. @returns the error of a unique index over rows that are not */
async function fire({ database, log }: Slice, statement: string): Promise<DatabaseError | undefined> {
  try {
    await database.run(statement, { continueAfterTimeout: true });
  } catch (error) {
    if (error instanceof DatabaseError && error.sqlState === '23505') return error;
    if (!isTransient(error) && !tookTooLong(error)) throw error;
    log.info('an index is still being built', { reason: reasonOf(error) });
    await sleep(POLL_MS);
  }
  return undefined;
}

/**
 * Rows were written that are equal, after the step before this one had made them unique: it is done again.
 *
 * @throws DatabaseError when no step before this one makes them unique
 */
async function madeUnique(slice: Slice, migration: Migration, index: number, failure: DatabaseError): Promise<boolean> {
  if (migration.steps[index - 1]?.kind !== 'batched') throw failure;
  slice.log.warn('rows became equal while a unique index was built; back to the step before', {
    migration: migration.name,
  });
  await atStep(slice, migration, index, (transaction) => goBack(transaction, migration, index - 1));
  return true;
}

async function look({ database }: Slice, change: IndexChange): Promise<State> {
  const [found] = await database.rows<{
    valid: boolean | null;
    busy: boolean;
    same: boolean | null;
    taken: boolean;
  }>(sql`
    select i.indisvalid as valid,
           i.indisunique = ${change.wanted && change.unique}
             and i.indrelid = to_regclass(${change.wanted ? change.table : change.name}) as same,
           name.oid is not null as taken,
           exists (
             select from pg_stat_activity a
              where a.datname = current_database() and a.usename = current_user and a.state = 'active'
                and a.pid <> pg_backend_pid() and position(${change.bare} in a.query) > 0
                and a.query ~* 'index +concurrently'
           ) as busy
      from (select to_regclass(${change.name})::oid) name (oid)
      left join pg_index i on i.indexrelid = name.oid`);
  if (found === undefined) throw new TypeError('the catalog answered no row');
  if (found.busy) return 'busy';
  if (!change.wanted) return found.taken ? 'to drop' : 'done';
  if (!found.taken) return 'absent';
  if (!found.same) return 'in the way';
  return found.valid ? 'done' : 'unusable';
}

function inTheWay(migration: Migration, { index, statement }: IndexStep): MigrationFailed {
  const expected = index.wanted ? `a${index.unique ? ' unique' : 'n'} index on ${index.table}` : 'nothing';
  return new MigrationFailed(
    `migrations/${migration.name}:${statement.line} failed: ${index.name} exists and is something else, expected ${expected}: ` +
      'rename it or drop it, then deploy again',
  );
}
