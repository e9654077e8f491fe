import { parse as parseArray } from 'postgres-array';
import { DataApiError } from './errors.ts';
import type { ColumnType, Shape } from './types.ts';

export interface ValueOptions {
  /** numeric as longValue (scale 0) or doubleValue, instead of stringValue. */
  decimalAsNumber: boolean;
  /** Integers as stringValue. */
  longAsString: boolean;
}

/** A value's JSON in the answer, and a plain JSON value in `formattedRecords`. */
export interface Encoder {
  field(text: string | null): string;
  plain(text: string | null): string;
}

// Answers are put together as text: int8 has more digits than a number of JavaScript's holds, and JSON.stringify would need one.
const quoted = (text: string): string => JSON.stringify(text);

/** How to write the values of one column, from PostgreSQL's text form of them. */
export function encoder(type: ColumnType, options: ValueOptions): Encoder {
  if (type.shape === 'unsupported') throw unsupported(type.name);
  const [member, write] = scalarWriter(type.shape, options);
  if (type.element === undefined) {
    return {
      field: (text) => (text === null ? '{"isNull":true}' : `{"${memberOf(member, text)}":${write(text)}}`),
      plain: (text) => (text === null ? 'null' : plain(type.shape, text, write)),
    };
  }
  const element = type.element;
  const [elementMember, writeElement] = scalarWriter(element.shape, options);
  const elements = (text: string, writeOne: (one: string) => string): string =>
    `[${oneDimension(text, type.name).map((one) => (one === null ? 'null' : writeOne(one)))}]`;
  return {
    field: (text) =>
      text === null ? '{"isNull":true}' : `{"arrayValue":{"${elementMember}s":${elements(text, writeElement)}}}`,
    plain: (text) => (text === null ? 'null' : elements(text, (one) => plain(element.shape, one, writeElement))),
  };
}

type Writer = (text: string) => string;

function scalarWriter(shape: Shape, { decimalAsNumber, longAsString }: ValueOptions): [member: string, write: Writer] {
  switch (shape) {
    case 'boolean':
      return ['booleanValue', (text) => (text === 't' ? 'true' : 'false')];
    case 'long':
      return longAsString ? ['stringValue', quoted] : ['longValue', (text) => text];
    case 'double':
      return ['doubleValue', double];
    case 'numeric':
      return decimalAsNumber ? ['numberValue', double] : ['stringValue', quoted];
    case 'blob':
      return ['blobValue', (text) => `"${base64(text)}"`];
    case 'timestamptz':
      return ['stringValue', (text) => quoted(inUtc(text))];
    default:
      return ['stringValue', quoted];
  }
}

// A numeric as a number is a long when it has no fraction (D: DOUBLE_OR_LONG).
const memberOf = (member: string, text: string): string =>
  member !== 'numberValue' ? member : /^-?\d{1,18}$/.test(text) ? 'longValue' : 'doubleValue';

// rest-json writes what JSON has no number for as a string.
const double: Writer = (text) => (/^-?(Infinity|NaN)$/.test(text) ? `"${text}"` : text);

// numeric is a number in formatted records, all its digits kept (?); the rest of the strings stay strings, json too (D).
const plain = (shape: Shape, text: string, write: Writer): string => (shape === 'numeric' ? double(text) : write(text));

// `\x` and hexadecimal: connections fix bytea_output.
const base64: Writer = (text) => Buffer.from(text.slice(2), 'hex').toString('base64');

function oneDimension(text: string, typeName: string): (string | null)[] {
  const elements: unknown[] = parseArray(text);
  // What the service calls the type of a two-dimensional array is a guess (?).
  if (elements.some(Array.isArray)) throw unsupported(typeName);
  return elements as (string | null)[];
}

const unsupported = (typeName: string): DataApiError =>
  new DataApiError('UnsupportedResultException', `The result contains the unsupported data type ${typeName}`);

const WITH_ZONE = /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/;

/** PostgreSQL's text of a timestamptz, which is in the session's zone, in UTC and without a suffix (R). */
export function inUtc(text: string): string {
  if (text.endsWith('+00')) return text.slice(0, -3);
  const parts = WITH_ZONE.exec(text);
  // infinity, -infinity
  if (parts === null) return text;
  const [, year, month, day, hour, minute, second, fraction = '', sign, ...offset] = parts;
  const [hours, minutes, seconds] = offset.slice(0, 3).map((part) => Number(part ?? 0)) as [number, number, number];
  const ahead = (sign === '-' ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds) * 1000;
  const bc = parts[12] !== undefined;
  // setUTCFullYear takes years below 100 as they are, and 1 BC is year 0. Years past Date's range keep their zone: PostgreSQL's go to 294276.
  const date = new Date(0);
  date.setUTCFullYear(bc ? 1 - Number(year) : Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const utc = new Date(date.getTime() - ahead);
  if (Number.isNaN(utc.getTime())) return text;
  const inBc = utc.getUTCFullYear() <= 0;
  const shown = String(inBc ? 1 - utc.getUTCFullYear() : utc.getUTCFullYear()).padStart(4, '0');
  return `${shown}${utc.toISOString().slice(-20, -5).replace('T', ' ')}${fraction}${inBc ? ' BC' : ''}`;
}
