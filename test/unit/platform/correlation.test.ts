import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commented,
  correlated,
  correlationId,
  correlationOf,
  invoked,
} from '../../../functions/platform/correlation.ts';
import { lex } from '../../../infra/build/data-api-lexer.ts';
import { runs } from '../../support/effort.ts';

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(fc.constantFrom('*/', '/*', '--', ':p1', "'", '"', '$$', '\n', ' ', ';', '\\', '\u0000', 'a', '9', '=', '.'))
    .map((parts) => parts.join('')),
);

describe('a correlation id', () => {
  it.each([
    '6bc28136-1f4e-4365-b021-0ce6b2e64ab0',
    '01JNGC2E5RXW7M3T9Z0QKB4VHD',
    'JKJaXmPLvHcESHA=',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'x'.repeat(128),
  ])('may be %s', (id) => {
    expect(correlationOf('last', id)).toBe(id);
  });

  it.each(['', ' ', 'a b', 'a,b', 'a/b', 'a:b', 'a*b', "a'b", 'a"b', 'é', 'a\n', 'x'.repeat(129)])(
    'may not be %j',
    (id) => {
      expect(correlationOf('last', id, undefined)).toBe('last');
      expect(correlationOf('last', id, 'next')).toBe('next');
    },
  );

  it('never changes what a statement is, whatever somebody sends', () => {
    const statement = "select f(:p1, ':p2'), $$ /* $$ -- the end";
    const without = lex(statement);
    fc.assert(
      fc.property(anything, (offered) => {
        const id = correlationOf('last', offered);
        const sent = invoked('request', id, () => commented(statement));
        expect(sent).toBe(`${statement}\n/* correlation_id=${id} */`);
        expect(lex(sent)).toEqual({ ...without, text: `${without.text}\n/* correlation_id=${id} */` });
      }),
      runs(500),
    );
  });

  it('is left out where the statement would become too long, and where no work is under way', () => {
    const longest = `select '${'x'.repeat(65_527)}'`;
    expect(longest).toHaveLength(65_536);
    expect(invoked('request', 'id', () => commented(longest))).toBe(longest);
    const fits = longest.replace('x'.repeat(24), '');
    expect(invoked('request', 'id', () => commented(fits))).toHaveLength(65_536);
    expect(commented('select 1')).toBe('select 1');
  });

  it('stays with its own work, however many are under way', async () => {
    const seen = await invoked('request', 'batch', () =>
      Promise.all(
        ['a', 'b', 'c'].map((id) =>
          correlated(id, async () => {
            const before = correlationId();
            await new Promise((resolve) => setTimeout(resolve, 5 * Math.random()));
            return [before, correlationId()];
          }),
        ),
      ),
    );
    expect(seen).toEqual([
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'c'],
    ]);
    expect(correlationId()).toBeUndefined();
  });
});
