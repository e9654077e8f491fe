import type { Context } from 'aws-lambda';
import { invoked } from './correlation.ts';
import { DatabaseError } from './errors.ts';
import { log } from './log.ts';

/**
 * A function that no user waits for. Its work bears the id of the invocation. What it throws is logged as a failure is, and thrown on without what caused it and
 * without PostgreSQL's words: Lambda prints both, and they may quote what is stored.
 */
export const background =
  <Event, Result>(handle: (event: Event, context: Context) => Promise<Result>) =>
  (event: Event, context: Context): Promise<Result> =>
    invoked(context.awsRequestId, context.awsRequestId, async () => {
      try {
        return await handle(event, context);
      } catch (error) {
        log.error('the invocation failed', { error: error as Error });
        throw withoutQuotes(error);
      }
    });

function withoutQuotes(error: unknown): Error {
  const { name, message } = error instanceof Error ? error : new Error('not an error');
  // A parser's words quote what it reads.
  const said = error instanceof DatabaseError || error instanceof SyntaxError ? name : message;
  return Object.assign(new Error(`${said}; more is in the log line of this request`), { name });
}
