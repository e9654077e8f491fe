import { describe, expect, it } from 'vitest';
import { parseMath } from '../../support/cloudwatch/metric-math.ts';

const values = new Map<string, number | undefined>([
  ['a', 6],
  ['b', 2],
  ['none', undefined],
]);

describe('metric math', () => {
  it.each([
    ['a', 6],
    ['100 * b / a + 1.5', 100 / 3 + 1.5],
    ['a - b - 1', 3],
    ['a - (b - 1)', 5],
    ['a >= 6', 1],
    ['a < b', 0],
    ['a + none', undefined],
    ['a / (b - 2)', undefined],
    ['none >= 0', undefined],
    ['IF(a >= 5, 100 * a / b, 0)', 300],
    ['IF(b >= 5, 100 * a / b, 0)', 0],
    ['IF(none >= 5, 1, 0)', undefined],
    ['FILL(none, 0)', 0],
    ['FILL(a, 0)', 6],
    ['SUM([a, b, none])', 8],
    ['SUM([none])', undefined],
    ['MAX([FILL(none, 0) / 28000, a / 2, b]) * 100', 300],
    ['MIN([a, b])', 2],
  ])('%s is %s', (expression, result) => {
    expect(parseMath(expression)(values)).toEqual(result);
  });

  it.each(['', 'a +', 'a b', 'a)', 'IF(a', 'RATE(a)', '[a]', 'a $ b'])('refuses %j', (expression) => {
    expect(() => parseMath(expression)).toThrow();
  });

  it('refuses the name of no metric', () => {
    expect(() => parseMath('a + c')(values)).toThrow('c is no metric');
  });
});
