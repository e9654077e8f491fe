import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from '../platform/errors.ts';
import { sql } from '../platform/sql.ts';
import { isTransient, MigrationFailed, persist, reasonOf, stepFailed, tookTooLong } from './failure.ts';
import { advance, goBack } from './ledger.ts';
import type { CatalogStep, Goal, Migration } from './migration.ts';
import { atStep, checkTime, endsSlice, type Slice } from './slice.ts';

/** How often the catalog is asked about work that outlives its call. */
const POLL_MS = 1_000;
/** Work that fails again and again for the same reason is not helped by another attempt. */
const ATTEMPTS = 5;

/** `unusable`: an INVALID index, to be dropped first. `in the way`: something else has the name. */
type State = 'done' | 'busy' | 'unusable' | 'to do' | 'in the way' | 'missing';

/**
 * Fires a statement that may outlive its call, outside of a transaction, and asks the catalog until it is done. The catalog is believed and not the
 * answers: an index build that failed leaves an INVALID index, which `if not exists` would take for done.
 *
 * @throws MigrationFailed, OutOfTime, LeaseLost
 */
export async function runCatalogStep(
  slice: Slice,
  migration: Migration,
  index: number,
  step: CatalogStep,
): Promise<void> {
  try {
    for (let attempts = 0; ; ) {
      checkTime(slice);
      await persist(slice.until, () => slice.lease.renew(slice.database));
      const state = await persist(slice.until, () => look(slice, step.goal));
      if (state === 'done') return await atStep(slice, migration, index, (tx) => advance(tx, migration, index));
      if (state === 'in the way' || state === 'missing') throw unexpected(migration, step);
      if (state === 'busy') await sleep(POLL_MS);
      else if (state === 'unusable' && step.goal.what === 'index') await fire(slice, step.goal.drop);
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
    log.info('a statement goes on without its call', { reason: reasonOf(error) });
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

async function look(slice: Slice, goal: Goal): Promise<State> {
  return goal.what === 'valid constraints' ? lookAtConstraints(slice, goal) : lookAtIndex(slice, goal);
}

async function lookAtConstraints(
  { database }: Slice,
  { names, table }: Goal & { what: 'valid constraints' },
): Promise<State> {
  const [found] = await database.rows<{ missing: number; invalid: number; busy: boolean }>(sql`
    select count(*) filter (where c.oid is null) as missing,
           count(*) filter (where not c.convalidated) as invalid,
           exists (
             select from pg_stat_activity a
              where a.datname = current_database() and a.usename = current_user and a.state = 'active'
                and a.pid <> pg_backend_pid() and position(${names[0] ?? ''} in a.query) > 0 and a.query ~* 'validate +constraint'
           ) as busy
      from jsonb_array_elements_text(${JSON.stringify(names)}::text::jsonb) wanted (name)
      left join pg_constraint c on c.conrelid = to_regclass(${table}) and c.conname = wanted.name`);
  if (found?.busy) return 'busy';
  if (found === undefined || found.missing > 0) return 'missing';
  return found.invalid === 0 ? 'done' : 'to do';
}

async function lookAtIndex({ database }: Slice, goal: Exclude<Goal, { what: 'valid constraints' }>): Promise<State> {
  const wanted = goal.what === 'index';
  const [found] = await database.rows<{
    valid: boolean | null;
    busy: boolean;
    same: boolean | null;
    taken: boolean;
  }>(sql`
    select i.indisvalid as valid,
           i.indisunique = ${wanted && goal.unique}
             and i.indrelid = to_regclass(${wanted ? goal.table : goal.name}) as same,
           name.oid is not null as taken,
           exists (
             select from pg_stat_activity a
              where a.datname = current_database() and a.usename = current_user and a.state = 'active'
                and a.pid <> pg_backend_pid() and position(${goal.bare} in a.query) > 0
                and a.query ~* 'index +concurrently'
           ) as busy
      from (select to_regclass(${goal.name})::oid) name (oid)
      left join pg_index i on i.indexrelid = name.oid`);
  if (found === undefined) throw new TypeError('the catalog answered no row');
  if (found.busy) return 'busy';
  if (!wanted) return found.taken ? 'to do' : 'done';
  if (!found.taken) return 'to do';
  if (!found.same) return 'in the way';
  return found.valid ? 'done' : 'unusable';
}

function unexpected(migration: Migration, { goal, statement }: CatalogStep) {
  const where = `migrations/${migration.name}:${statement.line} failed`;
  if (goal.what === 'valid constraints')
    return new MigrationFailed(
      `${where}: a constraint to validate is missing, one of ${goal.names.join(', ')}: add it again, then deploy`,
    );
  const expected = goal.what === 'index' ? `a${goal.unique ? ' unique' : 'n'} index on ${goal.table}` : 'nothing';
  return new MigrationFailed(
    `${where}: ${goal.name} exists and is something else, expected ${expected}: rename it or drop it, then deploy again`,
  );
}
