import { expect, test } from 'vitest';
import { conditional } from '../../../functions/platform/conditional.ts';
import { answer } from '../../../functions/platform/http.ts';
import type { Request } from '../../../functions/platform/request.ts';

const asking = (ifNoneMatch?: string) =>
  ({ headers: ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch } }) as unknown as Request;
const tagOf = (body: unknown): string => String(conditional(asking(), answer(200, body)).headers?.etag);

test('an answer has a weak tag that follows its body', () => {
  expect(tagOf({ a: 1 })).toMatch(/^W\/"[\w-]{16}"$/);
  expect(tagOf({ a: 1 })).toBe(tagOf({ a: 1 }));
  expect(tagOf({ a: 1 })).not.toBe(tagOf({ a: 2 }));
});

test('who has the answer gets 304: no body, the tag and how to cache it', () => {
  const tag = tagOf({ a: 1 });
  for (const held of [tag, tag.slice(2), `"other", ${tag}`, '*']) {
    const reply = conditional(asking(held), answer(200, { a: 1 }, { link: '<x>; rel="next"' }));
    expect(reply).toEqual({
      statusCode: 304,
      headers: {
        'x-content-type-options': 'nosniff',
        'cache-control': 'private, no-cache',
        link: '<x>; rel="next"',
        etag: tag,
      },
    });
  }
});

test('who has another answer, or sends no tag, gets the answer', () => {
  for (const held of ['"other"', tagOf({ a: 2 }), tagOf({ a: 1 }).slice(3, -1), '', undefined])
    expect(conditional(asking(held), answer(200, { a: 1 }))).toMatchObject({ statusCode: 200, body: '{"a":1}' });
});
