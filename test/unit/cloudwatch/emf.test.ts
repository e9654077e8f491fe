import { describe, expect, it } from 'vitest';
import { readEmf } from '../../support/cloudwatch/emf.ts';

const directive = {
  Namespace: 'shop',
  Dimensions: [['service'], ['service', 'stack']],
  Metrics: [{ Name: 'Sold', Unit: 'Count' }, { Name: 'Weight' }],
};
const line = (over: object = {}, directives: object[] = [directive]) =>
  JSON.stringify({
    _aws: { Timestamp: 1_000, CloudWatchMetrics: directives },
    ...{ service: 'till', stack: 'North', Sold: [1, 2], Weight: 0.5, note: 'not a metric' },
    ...over,
  });

describe('the metrics in a line of a log', () => {
  it('are every value of every metric, in each of its dimension sets', () => {
    const till = { namespace: 'shop', dimensions: { service: 'till' }, at: 1_000 };
    const north = { ...till, dimensions: { service: 'till', stack: 'North' } };
    expect(readEmf(line())).toEqual(
      [till, north].flatMap((of) => [
        { ...of, name: 'Sold', unit: 'Count', value: 1 },
        { ...of, name: 'Sold', unit: 'Count', value: 2 },
        { ...of, name: 'Weight', unit: 'None', value: 0.5 },
      ]),
    );
  });

  it('are of every directive', () => {
    const other = { ...directive, Namespace: 'other', Dimensions: [[]] };
    expect(readEmf(line({}, [directive, other])).at(-1)).toMatchObject({ namespace: 'other', dimensions: {} });
  });

  it.each(['START RequestId: 1', '', '{"level":"INFO","message":"sold"}', '[1]', 'null'])('are none in %s', (text) => {
    expect(readEmf(text)).toEqual([]);
  });

  it.each([
    ['something in front of it', `2026-01-01T00:00:00.000Z\tid\tINFO\t${line()}`],
    ['a dimension that is nowhere', line({ stack: undefined })],
    ['a dimension that is no text', line({ stack: 1 })],
    ['a metric that is nowhere', line({ Sold: undefined })],
    ['a metric that is no number', line({ Sold: '1' })],
    ['no value', line({ Sold: [] })],
    ['more than 100 values', line({ Sold: Array(101).fill(1) })],
    ['a unit CloudWatch does not know', line({}, [{ ...directive, Metrics: [{ Name: 'Sold', Unit: 'Pieces' }] }])],
    ['no dimension set', line({}, [{ ...directive, Dimensions: [] }])],
  ])('are none of CloudWatch’s with %s, which is an error here', (_, text) => {
    expect(() => readEmf(text)).toThrow();
  });
});
