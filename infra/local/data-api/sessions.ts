import pg from 'pg';
import { DataApiError, fromPostgres } from './errors.ts';
import type { Limits } from './limits.ts';
import { type Server, Session } from './session.ts';
import type { KnownTypes } from './types.ts';

/** As whom to connect to what. */
export interface Target {
  username: string;
  password: string;
  database: string;
}

/** Connections to one PostgreSQL server, a pool for each role and database. */
export class Sessions {
  readonly #server: Server;
  readonly #limits: Limits;
  readonly #pools = new Map<string, { pool: pg.Pool; types: KnownTypes }>();
  readonly #inUse = new Set<Session>();

  constructor(server: Server, limits: Limits) {
    this.#server = server;
    this.#limits = limits;
  }

  /** @throws DataApiError InvalidSecretException when PostgreSQL refuses the secret's user or password. */
  async acquire(target: Target): Promise<Session> {
    const { pool, types } = this.#pool(target);
    try {
      const session = new Session(await pool.connect(), types, this.#server, this.#limits, () =>
        this.#inUse.delete(session),
      );
      this.#inUse.add(session);
      return session;
    } catch (error) {
      // 28P01 and 28000 (invalid authorization). The service's name for it is documented, that it is this case is a guess (?).
      if (/^28/.test((error as { code?: string }).code ?? '')) {
        throw new DataApiError(
          'InvalidSecretException',
          "The Secrets Manager secret used with the request isn't valid.",
          {},
          { cause: error },
        );
      }
      throw fromPostgres(error);
    }
  }

  /** Ends all connections, cancelling what runs on them. */
  async close(): Promise<void> {
    await Promise.all([...this.#inUse].map((session) => session.destroy()));
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.end()));
  }

  #pool({ username, password, database }: Target) {
    const key = JSON.stringify([username, password, database]);
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const pool = new pg.Pool({
      ...this.#server,
      user: username,
      password,
      database,
      max: this.#limits.connections,
      idleTimeoutMillis: 10_000,
      connectionTimeoutMillis: this.#limits.statementMs,
      application_name: 'rds-data-api',
      // The text forms values.ts reads, whatever the role's or the database's own settings are.
      options: '-c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1',
    });
    // A server that goes away while a connection is idle, or between two statements; the next use of it says so.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    const made = { pool, types: new Map() };
    this.#pools.set(key, made);
    return made;
  }
}
