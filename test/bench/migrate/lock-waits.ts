import pg from 'pg';

/** A session, and what it is at. */
export interface Session {
  application: string;
  login: string;
  statement: string;
}

/** One wait of one session for one lock. */
export interface LockWait extends Session {
  /** Measured by the server, from its own note of when the wait began to the last sample that saw it. */
  ms: number;
  /** relation, tuple, transactionid, advisory, ... */
  lock: string;
  /** Sessions that had the lock or stood before this one in its queue, and what they were at, in the order in which they were seen. */
  behind: Session[];
}

// Sampled by the server itself, every 5 ms, so that a busy process cannot miss a wait. From a database of its own, and a transaction a sample: building an
// index concurrently waits for other transactions of its database.
const SAMPLER = `
  create unlogged table lock_waits (
    pid integer, since timestamptz, ms float8, lock text, application text, login text, statement text, behind jsonb not null, primary key (pid, since)
  );
  create procedure watch_lock_waits() language plpgsql as $$
  begin
    loop
      insert into lock_waits as known
      select l.pid, l.waitstart, extract(epoch from clock_timestamp() - l.waitstart) * 1000, l.locktype, a.application_name, a.usename, left(a.query, 200),
             (select coalesce(jsonb_agg(jsonb_build_object(
                       'application', other.application_name, 'login', other.usename, 'statement', left(other.query, 200))), '[]')
                from pg_stat_activity other where other.pid = any (pg_blocking_pids(l.pid)))
        from pg_locks l
        join pg_stat_activity a on a.pid = l.pid and a.backend_type = 'client backend'
       where not l.granted and l.waitstart is not null
          on conflict (pid, since) do update
             set ms = excluded.ms, behind = case when known.behind @> excluded.behind then known.behind else known.behind || excluded.behind end;
      commit;
      perform pg_sleep(0.005);
    end loop;
  end $$`;

/** Watches who waits for a lock on the whole server. */
export class LockWatch {
  readonly #watching: pg.Client;
  readonly #asking: pg.Client;
  readonly #ended: Promise<unknown>;

  private constructor(watching: pg.Client, asking: pg.Client) {
    this.#watching = watching;
    this.#asking = asking;
    this.#ended = watching.query('call watch_lock_waits()').catch((error: unknown) => error);
  }

  /** @param serverUrl the superuser's, on a database nobody else works in */
  static async start(serverUrl: string): Promise<LockWatch> {
    const [watching, asking] = [new pg.Client(serverUrl), new pg.Client(serverUrl)];
    await Promise.all([watching.connect(), asking.connect()]);
    await asking.query(SAMPLER);
    return new LockWatch(watching, asking);
  }

  /** The waits since the last time, the longest first. */
  async take(): Promise<LockWait[]> {
    const { rows } = await this.#asking.query<LockWait>(
      `with taken as (delete from lock_waits returning *)
       select ms, lock, application, login, statement, behind from taken order by ms desc`,
    );
    return rows;
  }

  async stop(): Promise<void> {
    await this.#asking.query('select pg_cancel_backend($1)', [
      (this.#watching as pg.Client & { processID: number }).processID,
    ]);
    await this.#ended;
    await Promise.all([this.#watching.end(), this.#asking.end()]);
  }
}
