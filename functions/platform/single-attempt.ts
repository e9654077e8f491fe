import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { Database } from './database.ts';
import { databaseFromEnv } from './env.ts';

// No retries inside the SDK: it would repeat a statement in a transaction that has it already. Whoever uses transactions repeats the whole of one.
const client = new RDSDataClient({
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 50_000 },
});

/**
 * The database for work in transactions, each call sent once.
 *
 * @param deadline when the function's own time ends (epoch ms)
 * @param as another secret than the function's own to log in with, and for how long to go on when it is refused
 */
export const connectOnce = (
  deadline: number,
  as: { secretArn?: string; loginPatienceMs?: number | undefined } = {},
): Database => new Database({ ...databaseFromEnv(), ...as, client, deadline: () => deadline });
