import * as z from 'zod/mini';

/** Text PostgreSQL can hold: no NUL, no half of a surrogate pair. */
export const storable = (value: string): boolean => value.isWellFormed() && !value.includes('\0');

const STORABLE_MESSAGE = 'must not hold NUL characters or unpaired surrogates';

const LINE_ENDS = /\r\n?|[\u2028\u2029]/g;
const CONTROLS = /[^\P{Cc}\t\n]/gu;
/** Marks that turn the direction of what follows, and characters of no width. Joiners (U+200C, U+200D) stay: scripts and emoji need them. */
const MARKS = /[\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g;

/**
 * Text as a person sees it, whoever wrote it: control characters but newline and tab become blanks, so that none drives a terminal and none swells
 * in JSON; marks nobody sees, which make one text look like another, are left out; halves of surrogate pairs become U+FFFD.
 */
export const clean = (value: string): string =>
  value.toWellFormed().replace(LINE_ENDS, '\n').replace(CONTROLS, ' ').replace(MARKS, '');

/** The same on one line. */
export const oneLine = (value: string): string => clean(value).replace(/[\n\t]+/g, ' ');

/** Text that PostgreSQL can hold, cleaned; of `min` to `max` UTF-16 units then. */
export const text = (max: number, min = 1) => {
  const allowed = `must be text of ${min} to ${max} characters`;
  return z
    .string(allowed)
    .check(
      z.refine(storable, STORABLE_MESSAGE),
      z.overwrite(clean),
      z.minLength(min, allowed),
      z.maxLength(max, allowed),
    );
};

/** An http or https URL PostgreSQL can hold, as it was sent: no blanks, no control characters, none that nobody sees. */
export const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).check(
  z.maxLength(2_048, 'must be at most 2048 characters'),
  // Refinements: a pattern would take the place of `format: uri` in the API's description.
  z.refine(
    (value) => !/\s/.test(value) && clean(value) === value,
    'must not hold blanks, control or invisible characters',
  ),
  z.refine(storable, STORABLE_MESSAGE),
);

const IDENTIFIER_MESSAGE = 'must be 1 to 255 printable characters';

/** An identifier another system chose, as it was sent: no control characters, no blanks at its ends. */
export const identifier = z
  .string(IDENTIFIER_MESSAGE)
  .check(
    z.minLength(1, IDENTIFIER_MESSAGE),
    z.maxLength(255, IDENTIFIER_MESSAGE),
    z.refine(storable, STORABLE_MESSAGE),
    z.regex(/^[^\p{Cc}\s](?:[^\p{Cc}]*[^\p{Cc}\s])?$/u, IDENTIFIER_MESSAGE),
  );

const ULID_MESSAGE = 'must be a ULID: 26 characters 0-9 A-Z without I L O U';

/** A ULID as the ulid library writes it: 26 characters of Crockford's base 32, upper case, at most 2^128 - 1. */
export const ulid = z.string(ULID_MESSAGE).check(z.regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, ULID_MESSAGE));

const COUNT_MESSAGE = 'must be a whole number 0 to 2147483647';

/** A whole number PostgreSQL's integer holds, not negative. */
export const count = z.int(COUNT_MESSAGE).check(z.minimum(0, COUNT_MESSAGE), z.maximum(2_147_483_647, COUNT_MESSAGE));

/** Deeper than any metadata; a parser that recurses ends long before the stack does. */
const MAX_DEPTH = 32;

/** A JSON object of any shape whose texts PostgreSQL can hold, nested at most 32 deep, at most `maxBytes` of JSON. */
export const jsonObject = (maxBytes: number) =>
  z
    .pipe(
      z.unknown().check(z.refine((value) => isShallow(value, MAX_DEPTH), `must be nested at most ${MAX_DEPTH} deep`)),
      z.record(z.string(), z.json(), 'must be a JSON object'),
    )
    .check(
      z.refine((value) => everyText(value, storable), STORABLE_MESSAGE),
      z.refine(
        (value) => Buffer.byteLength(JSON.stringify(value)) <= maxBytes,
        `must be at most ${maxBytes} bytes of JSON`,
      ),
    );

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}

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
