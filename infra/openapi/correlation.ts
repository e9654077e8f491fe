import * as z from 'zod';

const id = z.string();

/** The header of a request that names its work. */
export const correlationRequest = {
  'x-correlation-id': id
    .optional()
    .describe(
      'An id of yours for this request, 1 to 128 of A-Z a-z 0-9 . _ - + =. It is in the log lines, messages and statements of its work. Another one fails nothing: the header of the answer says which id was taken.',
    ),
};

/** The header of every answer of a function. */
export const correlationAnswer = {
  'x-correlation-id': id.describe('What the work of this request is known by: your own id, or the one it was given.'),
};

/** The same of an error, which may be the gateway's: those have none. */
export const correlationError = {
  'x-correlation-id': id
    .optional()
    .describe('What the work of this request is known by; an error of the gateway has none.'),
};
