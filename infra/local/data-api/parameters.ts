import type { Lexed } from '../../build/data-api-lexer.ts';
import { DataApiError, databaseError, invalid } from './errors.ts';
import type { SqlParameter } from './request.ts';

/** A value as PostgreSQL's protocol takes it, and the type it is declared with. */
export interface Bound {
  oid: number;
  value: string | Buffer | null;
}

// Type OIDs of src/include/catalog/pg_type.dat: fixed for ever.
const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  text: 25,
  json: 114,
  float8: 701,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  numeric: 1700,
  uuid: 2950,
};
const UNTYPED = 0;

/** How a null is declared. `untyped` fits any column, hint or not. Whether the service does so nobody here knows: with `text` a statement that counts on it fails. */
export type Nulls = 'untyped' | 'text';

interface Hint {
  oid: number;
  /** The only form the API reference allows; PostgreSQL checks the rest. */
  form?: [RegExp, string];
}

// More than three digits of a second is a guess: the reference says `[.FFF]` (?).
const HINTS: Record<string, Hint> = {
  DATE: { oid: OID.date, form: [/^\d{4,}-\d\d-\d\d$/, 'YYYY-MM-DD'] },
  DECIMAL: { oid: OID.numeric },
  JSON: { oid: OID.json },
  TIME: { oid: OID.time, form: [/^\d\d:\d\d:\d\d(\.\d{1,6})?$/, 'HH:MM:SS[.FFF]'] },
  TIMESTAMP: {
    oid: OID.timestamp,
    form: [/^\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$/, 'YYYY-MM-DD HH:MM:SS[.FFF]'],
  },
  UUID: { oid: OID.uuid },
};

/**
 * The values of a statement's parameters in the order of their numbers, each with the type the service declares it as: a string is `text`,
 * which PostgreSQL casts to nothing by itself (42883, 42804), not the type of the column it meets (R).
 *
 * @throws DataApiError for a parameter that is missing, an array, of no value or in a form its hint does not take.
 */
export function bind(lexed: Lexed, parameters: SqlParameter[], nulls: Nulls): Bound[] {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  return lexed.names.map((name) => {
    const parameter = byName.get(name);
    // The service's words (R, Serverless v1). That a parameter the text does not use is ignored is a guess (?).
    if (parameter === undefined) throw new DataApiError('BadRequestException', `Cannot find parameter: ${name}`);
    return bound(parameter, nulls);
  });
}

function bound({ name, value = {}, typeHint }: SqlParameter, nulls: Nulls): Bound {
  const given = Object.entries(value).filter(([, one]) => one !== undefined && one !== null);
  const [[kind, content] = []] = given;
  if (given.length !== 1 || (kind === 'isNull' && content !== true)) {
    throw invalid(
      `Parameter ${name}: expected exactly one of isNull (true), booleanValue, longValue, doubleValue, stringValue, blobValue.`,
    );
  }
  switch (kind) {
    case 'isNull':
      return { oid: nulls === 'text' ? OID.text : UNTYPED, value: null };
    case 'booleanValue':
      return { oid: OID.bool, value: content === true ? 't' : 'f' };
    case 'longValue':
      return { oid: OID.int8, value: String(content) };
    case 'doubleValue':
      return { oid: OID.float8, value: String(content) };
    case 'blobValue':
      return { oid: OID.bytea, value: Buffer.from(String(content), 'base64') };
    case 'stringValue':
      return string(String(name), String(content), typeHint);
    default:
      throw invalid('Array parameters are not supported');
  }
}

function string(name: string, content: string, typeHint: string | undefined): Bound {
  assertUtf8(content);
  if (typeHint === undefined) return { oid: OID.text, value: content };
  const hint = HINTS[typeHint];
  if (hint === undefined) throw invalid(`Parameter ${name}: typeHint must be one of ${Object.keys(HINTS).join(', ')}.`);
  if (hint.form !== undefined && !hint.form[0].test(content)) {
    throw invalid(`Parameter ${name}: a value with typeHint ${typeHint} must have the form ${hint.form[1]}.`);
  }
  return { oid: hint.oid, value: content };
}

/**
 * Refuses what UTF-8 or PostgreSQL has no room for, with PostgreSQL's own words. A NUL in the SQL text would end it early inside the
 * protocol's message, and Node would turn half a surrogate pair silently into U+FFFD; what the service does with the latter is a guess (?).
 */
export function assertUtf8(text: string): void {
  const bytes = text.includes('\0') ? '0x00' : text.isWellFormed() ? undefined : '0xed';
  if (bytes === undefined) return;
  throw databaseError({ message: `invalid byte sequence for encoding "UTF8": ${bytes}`, code: '22021' });
}
