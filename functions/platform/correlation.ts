import { AsyncLocalStorage } from 'node:async_hooks';
import type { SQSRecord } from 'aws-lambda';

/** A piece of work: what it is known by from end to end, which invocation does it, and when that began (`performance.now()`). */
interface Work {
  correlationId: string;
  requestId: string;
  began: number;
}

/** The header of a request and of its answer, and the attribute of a message, that carry the id. */
export const CORRELATION_HEADER = 'x-correlation-id';
export const CORRELATION_ATTRIBUTE = 'correlationId';

// A UUID, a ULID, a trace id or API Gateway's own are of these. None of them ends or opens a comment, a parameter or a text in SQL, or a line of a log.
const VALID = /^[A-Za-z0-9._=+-]{1,128}$/;

const current = new AsyncLocalStorage<Work>();

/** The first of these that may be a correlation id, else `last`. */
export const correlationOf = (last: string, ...offered: (string | undefined)[]): string =>
  offered.find((id) => id !== undefined && VALID.test(id)) ?? last;

/** The id of a message's work: what its sender says, when it may be one, else the message's own. */
export const correlationOfMessage = ({ messageId, messageAttributes }: SQSRecord): string =>
  correlationOf(messageId, messageAttributes[CORRELATION_ATTRIBUTE]?.stringValue);

/** Does the work of an invocation: what it logs, sends and asks the database bears its id. */
export const invoked = <Result>(requestId: string, correlationId: string, run: () => Result): Result =>
  current.run({ correlationId, requestId, began: performance.now() }, run);

/** Does a part of an invocation's work that has an id of its own, as one message of a batch has. */
export const correlated = <Result>(correlationId: string, run: () => Result): Result => {
  const work = current.getStore();
  return work ? current.run({ ...work, correlationId }, run) : run();
};

/** The id of the work under way; undefined outside of an invocation, as in a command. */
export const correlationId = (): string | undefined => current.getStore()?.correlationId;

/** What every line of a log says of the work under way; `elapsed_ms`: how long the invocation has been at it. */
export function workFields(): Record<string, string | number> {
  const work = current.getStore();
  if (!work) return {};
  const { correlationId: correlation_id, requestId: function_request_id, began } = work;
  return { correlation_id, function_request_id, elapsed_ms: Math.round(performance.now() - began) };
}

/** The most characters a statement may have: RDS Data API, ExecuteStatement, `sql`. */
const MAX_SQL = 65_536;

/**
 * The statement with a comment that says whose work it is, where an operator sees it: pg_stat_activity, the log of PostgreSQL, Performance Insights. PostgreSQL
 * plans without looking at comments, and functions keep their plans: it costs nothing.
 */
export function commented(statement: string): string {
  const id = correlationId();
  const comment = `\n/* correlation_id=${id} */`;
  return id === undefined || statement.length + comment.length > MAX_SQL ? statement : statement + comment;
}
