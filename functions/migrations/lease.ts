import type { Database, Transaction } from '../platform/database.ts';
import { DatabaseError } from '../platform/errors.ts';
import { sql } from '../platform/sql.ts';

/** Another deployment holds the lease. Not a failure: wait for it. The message names the holder. */
export class LeaseHeld extends Error {
  override name = 'LeaseHeld';
  /** Who has it, as far as the row tells. */
  readonly holder: string | undefined;

  constructor(message: string, holder: string | undefined) {
    super(message);
    this.holder = holder;
  }
}

/** This runner was taken for dead and another one has its place: whatever it still tries is refused. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/**
 * Longer than the longest statement (45 s) and than the pause between two slices of one deployment, so that a holder at work
 * never loses it; short, because this is how long a deployment waits for one that died.
 */
const LEASE_SECONDS = 120;
/** Who comes after a change of a table that waits for its lock waits as long: a tenth of a second is what a user does not notice. */
const LOCK_TIMEOUT = '100ms';
const TAKEN_OVER = 'another deployment has taken over the migrations';

/**
 * The right to migrate, one row: the Data API has no sessions and so no session locks. Every transaction of the holder first
 * updates the row with its fencing token. That refuses a holder whose place was taken, and the row's lock keeps anyone
 * from taking it while the transaction lasts.
 */
export class Lease {
  readonly #token: number;

  private constructor(token: number) {
    this.#token = token;
  }

  /**
   * Takes the lease when it is free, has expired, or is `holder`'s own (a slice before this one, dead or not).
   *
   * @throws LeaseHeld naming who has it and until when
   */
  static async acquire(database: Database, holder: string): Promise<Lease> {
    const taken = await database
      .transaction((transaction) =>
        transaction.rows<{ token: number }>(sql`
          with settings as materialized (select set_config('lock_timeout', ${LOCK_TIMEOUT}, true) as lock_timeout)
          update version_history.migration_lease
             set holder = ${holder}, token = token + 1,
                 expires_at = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second'
            from settings
           where (holder = ${holder} or expires_at < clock_timestamp()) and settings.lock_timeout is not null
          returning token`),
      )
      .catch((error: unknown) => {
        // Its row is locked: the holder is in the middle of a transaction.
        if (error instanceof DatabaseError && error.sqlState === '55P03') return [];
        throw error;
      });
    const [row] = taken;
    if (row) return new Lease(row.token);
    const [other] = await database.rows<{ holder: string | null; seconds: number }>(
      `select holder, greatest(0, ceil(extract(epoch from expires_at - clock_timestamp())))::integer as seconds
         from version_history.migration_lease where expires_at > '-infinity'`,
    );
    throw new LeaseHeld(
      `${other?.holder ?? 'another deployment'} is applying migrations; its lease ends in ${other?.seconds ?? 0} s unless renewed`,
      other?.holder ?? undefined,
    );
  }

  /**
   * The first thing in a transaction of the holder's. Nobody waits behind a migration for longer than lock_timeout: DDL that queues for a
   * lock blocks all who come after it, and a batch that waits for a row holds those it has changed. And reading rows that a policy
   * hides is an error, not an empty result.
   *
   * @throws LeaseLost
   */
  async hold(transaction: Transaction): Promise<void> {
    // Joined, so that the settings hold before the row is locked.
    const renewed = await transaction.run(sql`
      with settings as materialized (
        select set_config('lock_timeout', ${LOCK_TIMEOUT}, true) as lock_timeout, set_config('row_security', 'off', true) as row_security
      )
      update version_history.migration_lease
         set expires_at = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second'
        from settings
       where token = ${this.#token} and settings.lock_timeout is not null and settings.row_security is not null`);
    if (renewed === 0) throw new LeaseLost(TAKEN_OVER);
  }

  /** Renews it outside of a transaction, where the work itself can have none. @throws LeaseLost */
  async renew(database: Database): Promise<void> {
    const renewed = await database.run(sql`
      update version_history.migration_lease
         set expires_at = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second'
       where token = ${this.#token}`);
    if (renewed === 0) throw new LeaseLost(TAKEN_OVER);
  }

  /** Gives it back; a holder that is not any more has nothing to give back. The token rises so that no late write passes. */
  async release(database: Database): Promise<void> {
    await database.run(sql`
      update version_history.migration_lease
         set holder = null, token = token + 1, expires_at = '-infinity'
       where token = ${this.#token}`);
  }
}
