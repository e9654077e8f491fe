import { describe, expect, test } from 'vitest';
import {
  databaseFailure,
  isLoginRefused,
  isResuming,
  kindOfFailure,
} from '../../../functions/platform/database-failure.ts';
import {
  DatabaseError,
  DatabaseUnavailable,
  LoginRefused,
  StatementTimeout,
} from '../../../functions/platform/errors.ts';

const failure = (name: string, message = '', more: object = {}) =>
  databaseFailure(Object.assign(new Error(message), { name, ...more }));

describe('what an error of the Data API means', () => {
  test('the last SQLState counts: a detail may hold the text itself', () => {
    const error = failure(
      'DatabaseErrorException',
      'ERROR: duplicate key value violates unique constraint "x"\n  Detail: Key (v)=(SQLState: 57P01) already exists.; SQLState: 23505',
    );
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ sqlState: '23505', message: 'duplicate key value violates unique constraint "x"' });
  });

  test('the detail, which may hold data, is not in the message', () => {
    const error = failure(
      'DatabaseErrorException',
      'ERROR: bad value\n  Detail: Key (prompt)=(my secret); SQLState: 22P02',
    );
    expect(error.message).toBe('bad value');
  });

  test.each(['57P01', '57P03', '53300', '08006'])('SQLSTATE %s is a database that is away', (state) => {
    expect(failure('DatabaseErrorException', `FATAL: no; SQLState: ${state}`)).toBeInstanceOf(DatabaseUnavailable);
  });

  test.each([
    ['DatabaseUnavailableException', {}],
    ['ServiceUnavailableError', {}],
    ['SomethingNew', { $metadata: { httpStatusCode: 504 } }],
    ['SomethingNew', { $metadata: { httpStatusCode: 429 } }],
    ['Error', { code: 'ECONNRESET' }],
    ['AbortError', {}],
  ])('%s %j is worth another try', (name, more) => {
    expect(failure(name, '', more)).toBeInstanceOf(DatabaseUnavailable);
  });

  test('a resuming cluster is known, and asks for fifteen seconds', () => {
    expect(isResuming({ name: 'DatabaseResumingException' })).toBe(true);
    expect(failure('DatabaseResumingException')).toMatchObject({ retryAfterSeconds: 15 });
  });

  test.each([
    ['InvalidSecretException', 'no'],
    ['DatabaseErrorException', 'FATAL: password authentication failed for user "x"; SQLState: 28P01'],
    ['BadRequestException', 'FATAL: role "x" is not permitted to log in; SQLState: 28000'],
  ])('%s %s is a login refused: worth another try, for a rotation may be under way', (name, message) => {
    const error = failure(name, message);
    expect(error).toBeInstanceOf(LoginRefused);
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(error.message).not.toContain('"x"');
    expect(isLoginRefused({ name, message })).toBe(true);
  });

  test('a statement past 45 s is told apart', () => {
    expect(failure('StatementTimeoutException')).toBeInstanceOf(StatementTimeout);
  });

  test.each(['AccessDeniedException', 'BadRequestException', 'SecretsErrorException'])(
    '%s is passed on: no retry mends it',
    (name) => {
      expect(failure(name, 'no')).toMatchObject({ name });
    },
  );
});

describe('a call that is given up is counted', () => {
  const state = (sqlState: string) => ({ name: 'DatabaseErrorException', message: `ERROR: no; SQLState: ${sqlState}` });
  test.each([
    ['Throttled', { name: 'ThrottlingException' }],
    ['Throttled', { name: 'SomethingNew', $metadata: { httpStatusCode: 429 } }],
    ['Resuming', { name: 'DatabaseResumingException', $metadata: { httpStatusCode: 400 } }],
    ['TimedOut', { name: 'StatementTimeoutException' }],
    ['TimedOut', { name: 'AbortError' }],
    ['TimedOut', new DatabaseUnavailable('no time left to ask the database', 1)],
    ['Unavailable', { name: 'DatabaseUnavailableException', $metadata: { httpStatusCode: 504 } }],
    ['Unavailable', { name: 'Error', code: 'ECONNREFUSED' }],
    ['Unavailable', { name: 'TimeoutError', code: 'ECONNRESET' }],
    ['TimedOut', { name: 'TimeoutError', code: 'ETIMEDOUT' }],
    ['Unavailable', state('57P01')],
    ['LoginRefused', { name: 'InvalidSecretException' }],
    ['LoginRefused', state('28P01')],
    ['Contended', state('55P03')],
    ['Refused', state('42P01')],
    [
      'Refused',
      { name: 'BadRequestException', message: 'Database returned more than the allowed response size limit' },
    ],
    ['Refused', { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } }],
  ])('as Database%s: %j', (kind, error) => {
    expect(kindOfFailure(error)).toBe(kind);
  });
});
