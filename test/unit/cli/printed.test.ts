import { expect, test } from 'vitest';
import type { Letter } from '../../../infra/cli/letters.ts';
import { showEntry } from '../../../infra/cli/show-entry.ts';
import { showLetter } from '../../../infra/cli/show-letter.ts';
import { table } from '../../../infra/cli/table.ts';

/** What a sender may put into an id, a key, a name or a body to draw on the operator's terminal. */
const FORGED =
  'shop\u001b[2K\r\n  00000000-0000-4000-8000-000000000000  metadata  \u009b31mall is well\u0007\u202e\u2028x\u200b';

const lines = (text: string): number => text.split('\n').length;

function expectHarmless(text: string): void {
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  expect(text).not.toMatch(/[\u2028\u202e\u200b]/);
}

test('a table has a line a row, whatever stands in it', () => {
  const text = table(
    ['ID', 'REASON'],
    [
      [FORGED, FORGED],
      ['b', FORGED],
    ],
  );
  expect(lines(text)).toBe(3);
  expectHarmless(text);
});

test('a dead letter is shown as it is, and draws nothing', () => {
  const letter = {
    ...{
      id: 'id',
      sentAt: new Date(0),
      versionId: undefined,
      projectId: FORGED,
      correlationId: FORGED,
      reason: FORGED,
    },
    body: '',
  } as unknown as Letter;
  expectHarmless(showLetter({ ...letter, body: FORGED }));
  expectHarmless(showLetter({ ...letter, body: JSON.stringify({ [FORGED]: FORGED }) }));
  expect(lines(showLetter(letter))).toBe(10);
});

test('a log entry is one line', () => {
  const fields = { [FORGED]: FORGED, error: { name: FORGED, message: FORGED }, bare: '\u001b[31m', frames: [FORGED] };
  const text = showEntry({ at: 0, function: FORGED, level: 'INFO', message: FORGED, fields } as never);
  expect(lines(text)).toBe(1);
  expectHarmless(text);
});
