import * as z from 'zod';

/** Text PostgreSQL can hold: no NUL, no half of a surrogate pair. */
const storable = (value: string): boolean => value.isWellFormed() && !value.includes('\0');

const STORABLE_MESSAGE = 'must not hold NUL characters or unpaired surrogates';

/** Text of `min` to `max` UTF-16 units that PostgreSQL can hold. */
export const text = (max: number, min = 1) => z.string().min(min).max(max).refine(storable, STORABLE_MESSAGE);

/** An identifier another system chose: no control characters, no blanks at its ends. */
export const identifier = text(255).regex(
  /^[^\p{Cc}\s](?:[^\p{Cc}]*[^\p{Cc}\s])?$/u,
  'must be 1 to 255 printable characters',
);

/** A ULID as the ulid library writes it: 26 characters of Crockford's base 32, upper case, at most 2^128 - 1. */
export const ulid = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'must be a ULID: 26 characters 0-9 A-Z without I L O U');

/** A whole number PostgreSQL's integer holds, not negative. */
export const count = z.number().int().min(0).max(2_147_483_647);

/** A JSON object of any shape whose texts PostgreSQL can hold, at most `maxBytes` of JSON. */
export const jsonObject = (maxBytes: number) =>
  z
    .record(z.string(), z.json())
    .refine((value) => everyText(value, storable), STORABLE_MESSAGE)
    .refine(
      (value) => Buffer.byteLength(JSON.stringify(value)) <= maxBytes,
      `must be at most ${maxBytes} bytes of JSON`,
    );

function everyText(value: unknown, holds: (text: string) => boolean): boolean {
  if (typeof value === 'string') return holds(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => holds(key) && everyText(member, holds));
}

/** The first `max` UTF-16 units of a well-formed text, never half a character. */
export function clip(value: string, max: number): string {
  const cut = value.slice(0, max);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}
