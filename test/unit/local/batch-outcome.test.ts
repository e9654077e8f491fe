import { describe, expect, it } from 'vitest';
import { succeeded } from '../../../infra/local/queue/batch-outcome.ts';

const batch = ['a', 'b', 'c'];
const outcome = (answer: unknown) => succeeded(batch, { ok: true, payload: JSON.stringify(answer) }, true);

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
describe('with ReportBatchItemFailures', () => {
  it.each([
    ['an empty list', { batchItemFailures: [] }],
    ['a null list', { batchItemFailures: null }],
    ['an empty answer', {}],
    ['a null answer', null],
  ])('%s is a complete success', (_, answer) => {
    expect(outcome(answer)).toEqual(batch);
  });

  it('the messages it names have failed', () => {
    expect(outcome({ batchItemFailures: [{ itemIdentifier: 'b' }] })).toEqual(['a', 'c']);
  });

  it.each([
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['a wrong key', { batchItemFailures: [{ id: 'b' }] }],
    ['an identifier of no message here', { batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'z' }] }],
    ['a list of nothing', { batchItemFailures: [null] }],
    ['no list', { batchItemFailures: 'b' }],
    ['no object', 'done'],
  ])('%s is a complete failure', (_, answer) => {
    expect(outcome(answer)).toEqual([]);
  });
});

it('without it any answer is a success', () => {
  expect(succeeded(batch, { ok: true, payload: '"whatever"' }, false)).toEqual(batch);
});

it.each([true, false])('a function error fails the whole batch', (reports) => {
  expect(succeeded(batch, { ok: false, error: { errorType: 'Error', errorMessage: 'x' } }, reports)).toEqual([]);
});
