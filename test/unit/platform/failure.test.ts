import { expect, it } from 'vitest';
import { failureOf } from '../../../functions/platform/failure.ts';

it('a failure says kinds and places, and nothing of a message, which may have lines that look like places', () => {
  const cause = Object.assign(new TypeError('Key (prompt)=(a secret)\n    at a secret'), {
    $metadata: { requestId: 'r-1' },
  });
  const failure = failureOf(new Error('no: \n    at a secret\n    at the end', { cause }));
  expect(failure).toEqual({ name: 'Error', causes: ['TypeError'], awsRequestId: 'r-1', frames: expect.any(Array) });
  expect(failure.frames[0]).toContain('failure.test.ts');
  expect(JSON.stringify(failure)).not.toMatch(/secret|the end/);
});

it('one whose message was changed since it was thrown has no places, as nobody can tell them from what it said', () => {
  const error = new Error('before\n    at a secret');
  // Written out when it is first asked for.
  expect(error.stack).toContain('a secret');
  error.message = 'after';
  expect(failureOf(error).frames).toEqual([]);
  expect(failureOf('thrown')).toEqual({ name: 'string', frames: [] });
});
