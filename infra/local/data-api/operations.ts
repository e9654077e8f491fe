import { type Lexed, lex } from '../../build/data-api-lexer.ts';
import { authorize, type Directory } from './credentials.ts';
import { DataApiError, databaseError, tooLarge } from './errors.ts';
import type { FaultKind } from './faults.ts';
import type { Limits } from './limits.ts';
import { assertUtf8, type Bound, bind, type Nulls } from './parameters.ts';
import type { Operation, Request } from './request.ts';
import { batchAnswer, executeAnswer } from './result.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { Outcome } from './statement.ts';
import type { Transactions } from './transactions.ts';

/** What the operations work with. */
export interface Service {
  directory: Directory;
  limits: Limits;
  sessions: Sessions;
  transactions: Transactions;
  /** A row over the documented 64 KB is an error instead of a warning. */
  strict: boolean;
  nulls: Nulls;
  warn: (message: string) => void;
}

type Perform<Name extends Operation> = (service: Service, request: Request<Name>, fault?: FaultKind) => Promise<string>;

/** The five operations: each takes a checked request and returns the JSON text of its answer, or throws a DataApiError. */
export const PERFORM: { [Name in Operation]: Perform<Name> } = {
  async Execute(service, request, fault) {
    const lexed = statementOf(request.sql);
    const set = bind(lexed, request.parameters ?? [], service.nulls);
    return await inSession(service, request, lexed, async (session) => {
      const outcome = await run(service, session, lexed, [set], request.continueAfterTimeout ?? false, fault);
      return await executeAnswer(outcome, request, session, service.limits);
    });
  },

  async BatchExecute(service, request, fault) {
    const lexed = statementOf(request.sql);
    // Without a set nothing runs, not even a statement that has no parameters (R).
    const sets = (request.parameterSets ?? []).map((parameters) => bind(lexed, parameters, service.nulls));
    if (sets.length === 0) return batchAnswer(0);
    return await inSession(service, request, lexed, async (session) => {
      const outcome = await run(service, session, lexed, sets, false, fault);
      return batchAnswer(outcome.tags.length);
    });
  },

  async BeginTransaction(service, request) {
    const session = await service.sessions.acquire(authorize(service.directory, request));
    return JSON.stringify({ transactionId: await service.transactions.begin(session, request.secretArn) });
  },

  async CommitTransaction(service, request) {
    authorize(service.directory, request);
    await service.transactions.commit(request.transactionId, request.secretArn);
    return '{"transactionStatus":"Transaction Committed"}';
  },

  async RollbackTransaction(service, request) {
    authorize(service.directory, request);
    await service.transactions.rollback(request.transactionId, request.secretArn);
    return '{"transactionStatus":"Rollback Complete"}';
  },
};

function statementOf(sql: string): Lexed {
  assertUtf8(sql);
  const lexed = lex(sql);
  // The service binds by name only, so a number of the text's own has no value.
  if (lexed.positional) throw databaseError({ message: 'there is no parameter $1', code: '42P02' });
  return lexed;
}

type Statement = Request<'Execute'> | Request<'BatchExecute'>;

async function inSession(
  service: Service,
  request: Statement,
  lexed: Lexed,
  work: (session: Session) => Promise<string>,
): Promise<string> {
  const target = authorize(service.directory, request);
  if (request.transactionId)
    return await service.transactions.use(request.transactionId, request.secretArn, lexed.verb, work);
  const session = await service.sessions.acquire(target);
  let goesOn = false;
  try {
    return await work(session);
  } catch (error) {
    goesOn = error instanceof DataApiError && error.type === 'StatementTimeoutException';
    throw error;
  } finally {
    // The caller need not wait until the connection is ready for the next request, unless others could see what it holds until then: an advisory lock.
    // A statement that goes on after its call is not waited for.
    const released = session.release(lexed.touchesSession);
    if (lexed.touchesSession && !goesOn) await released;
  }
}

async function run(
  service: Service,
  session: Session,
  lexed: Lexed,
  sets: Bound[][],
  continueAfterTimeout: boolean,
  fault: FaultKind | undefined,
): Promise<Outcome> {
  const { limits, strict, warn } = service;
  const now = fault === 'timeout-continues';
  const outcome = await session.run(lexed.text, sets, {
    timeoutMs: now ? 0 : limits.statementMs,
    continueAfterTimeout: now || continueAfterTimeout,
  });
  if (fault === 'oversize') throw tooLarge();
  if (outcome.widestRow > limits.rowBytes) {
    if (strict) throw tooLarge();
    warn(`a row of ${outcome.widestRow} bytes: the documented limit is ${limits.rowBytes}; select less of it`);
  }
  return outcome;
}
