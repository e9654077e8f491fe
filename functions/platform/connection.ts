import { RDSDataClient } from '@aws-sdk/client-rds-data';
import type { Context } from 'aws-lambda';
import { Database } from './database.ts';
import { kindOfFailure } from './database-failure.ts';
import { databaseFromEnv } from './env.ts';
import { measure } from './metrics.ts';

const REQUEST = { connectionTimeout: 2_000, requestTimeout: 50_000 };
const client = new RDSDataClient({ requestHandler: REQUEST });
const target = databaseFromEnv();

/**
 * The database for one invocation: its deadline is the function's own. The client, and its connections, serve all. Calls that are given up are counted,
 * `DatabaseFailed`, and by their kind, `DatabaseThrottled` for instance.
 *
 * @param as another secret than the function's own to log in with; `reserveMs`: time the function needs after its last call
 */
export function connect(
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  { reserveMs = 0, ...as }: { secretArn?: string; reserveMs?: number } = {},
): Database {
  const end = Date.now() + context.getRemainingTimeInMillis() - reserveMs;
  return new Database({ ...target, ...as, client, deadline: () => end, onFailure: countFailure });
}

const countFailure = (error: unknown): void => measure(['DatabaseFailed', 1], [`Database${kindOfFailure(error)}`, 1]);
