import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { Database } from '../../functions/platform/database.ts';
import type { LegacyDatabase } from './legacy-database.ts';

/** How a run ends early, or nearly: the connection breaks and it goes on, or the process is killed; before or after a call has had its effect. */
export const CRASHES = ['dropped before', 'dropped after', 'killed before', 'killed after'] as const;
export type Crash = (typeof CRASHES)[number];

/** What a killed process does: nothing any more. */
class Killed extends Error {
  override name = 'Killed';
}

/** The calls of a run, in order: what they did, or the statement. */
export interface Calls {
  made: string[];
  database: Database;
}

/**
 * The runner's way to a database, which notes every call. `crash` happens at call number `at`; a killed process makes no call after that one, not even
 * to roll back or to give the lease back.
 */
export function callsOf(db: LegacyDatabase, crash?: { at: number; how: Crash }): Calls {
  const made: string[] = [];
  const client = new RDSDataClient({
    endpoint: db.dataApi.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  if (crash?.how.startsWith('dropped'))
    db.dataApi.faults.add({
      kind: crash.how === 'dropped before' ? 'dropped-before' : 'dropped-after',
      skip: crash.at,
    });
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const call = made.push((args.input as { sql?: string }).sql ?? String(context.commandName)) - 1;
      if (!crash?.how.startsWith('killed') || call < crash.at) return next(args);
      if (call === crash.at && crash.how === 'killed after') await next(args);
      throw new Killed(`at call ${crash.at}`);
    },
    { step: 'initialize' },
  );
  return { made, database: new Database({ ...db.target, client }) };
}

/** Where a run may end: at each commit, and at each statement that runs outside of a transaction, which are the boundaries and the middles of its steps. */
export const crashPoints = (made: string[]): number[] =>
  made.flatMap((call, index) =>
    call === 'CommitTransactionCommand' || /concurrently|validate constraint/i.test(call.split('\n', 1)[0] ?? '')
      ? [index]
      : [],
  );
