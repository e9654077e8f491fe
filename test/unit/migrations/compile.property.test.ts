import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileMigration } from '../../../infra/build/compile-migrations.ts';
import { runs } from '../../support/effort.ts';

/** Text that tries to look like an end: quotes, semicolons, comments, dollars, backslashes, wide characters. */
const tricky = fc
  .array(
    fc.constantFrom(';', "'", '"', '--', '/*', '*/', '$', '$$', '$a$', '\\', '\n', ' ', 'é', '🐘', ':after', 'x', '1'),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));

const literal = tricky.map((text) => `'${text.replaceAll("'", "''")}'`);
const escapeLiteral = tricky.map((text) => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`);
const identifier = tricky.map((text) => `1 as "x${text.replaceAll('"', '""')}"`);
const lineComment = tricky.map((text) => `1 -- x${text.replaceAll('\n', ' ')}\n + 1`);
const blockComment = tricky.map((text) => `1 /* /* ${text.replaceAll(/\/\*|\*\/|[*/]/g, '')} */ ; */ + 1`);
// A tag that the text cannot hold ends where it should.
const dollarQuote = tricky.map((text) => `$tag$${text}$tag$`);
const expression = fc.oneof(literal, escapeLiteral, identifier, lineComment, blockComment, dollarQuote);

const statement = fc.oneof(
  fc.array(expression, { minLength: 1, maxLength: 3 }).map((items) => `select ${items.join(', ')}`),
  tricky.map(
    (text) => `create function f() returns text language plpgsql as $body$ begin return $in$${text}$in$; end; $body$`,
  ),
);
const gap = fc.constantFrom(';', ' ;\n', ';;', '; -- é;\n', '; /* ; */\n\n', ';\t/* /* é */ */ ');

test('statements that are joined come apart again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(statement, gap), { minLength: 1, maxLength: 8 }), async (parts) => {
      const { steps } = await compileMigration('000_test.sql', parts.flat().join(''));
      expect(steps).toHaveLength(1);
      const [step] = steps;
      expect(step?.kind === 'transaction' && step.statements.map(({ sql }) => sql)).toEqual(parts.map(([sql]) => sql));
    }),
    runs(300),
  );
});
