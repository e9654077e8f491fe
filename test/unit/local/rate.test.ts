import { expect, it } from 'vitest';
import { rateOf } from '../../../infra/local/schedule/rate.ts';

it.each([
  ['rate(1 minute)', 60_000],
  ['rate(5 minutes)', 300_000],
  ['rate(2 hours)', 7_200_000],
  ['rate(1 day)', 86_400_000],
])('%s', (expression, milliseconds) => expect(rateOf(expression, 'at')).toBe(milliseconds));

it.each(['cron(0 12 * * ? *)', 'at(2026-01-01T00:00:00)', 'rate(0 minutes)', 'rate(30 days)', 'rate(5 seconds)', ''])(
  'refuses %j by name',
  (expression) => expect(() => rateOf(expression, 'Sweep')).toThrow(/^Sweep: the local stack runs rate\(/),
);
