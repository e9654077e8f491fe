import { persist } from '../migrations/failure.ts';
import type { Database, Transaction } from '../platform/database.ts';

/** Below the 45 s of the Data API, which may let go of a statement that the server goes on with. */
const LONGEST = '40s';
const PATIENCE_MS = 60_000;

/**
 * Reads in a transaction of its own that can write nothing, and is soon over: the locks of a reader are in the way of whoever changes a table. Names are
 * qualified in it, and mean the same whatever the login's search_path is. Repeated as a whole while the database is out of reach.
 */
export const readOnly = <Result>(
  database: Database,
  read: (transaction: Transaction) => Promise<Result>,
): Promise<Result> =>
  persist(Date.now() + PATIENCE_MS, () =>
    database.transaction(async (transaction) => {
      await transaction.rows(
        `select set_config('transaction_read_only', 'on', true) as read_only, set_config('statement_timeout', '${LONGEST}', true) as timeout,
              set_config('search_path', '', true) as path`,
      );
      return read(transaction);
    }),
  );
