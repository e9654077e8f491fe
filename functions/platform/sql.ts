import type { SqlParameter } from '@aws-sdk/client-rds-data';

/** A statement and its bound values, ready for the Data API. Values never become part of the text. */
export interface Sql {
  readonly text: string;
  readonly parameters: SqlParameter[];
}

/** A value that needs a `typeHint`: the Data API declares plain strings as `text`, and PostgreSQL casts no `text` to these by itself. */
interface Hinted {
  readonly hint: 'JSON' | 'TIMESTAMP' | 'UUID';
  readonly value: string | null;
}

type Value = string | number | boolean | null | Hinted;

/** Binds `value` as one JSON document. */
export const json = (value: unknown): Hinted => ({ hint: 'JSON', value: JSON.stringify(value) });

/** Binds a date as `timestamp` in UTC, the one form the Data API takes: `YYYY-MM-DD HH:MM:SS.fff`. */
export const timestamp = (value: Date | null): Hinted => ({
  hint: 'TIMESTAMP',
  value: value?.toISOString().replace('T', ' ').replace('Z', '') ?? null,
});

/**
 * Builds a statement: sql`select * from f(${id}, ${limit})`. Integers bind as int8, other numbers as float8, null untyped.
 *
 * @throws RangeError for an integer that JSON cannot carry exactly
 */
export function sql(strings: TemplateStringsArray, ...values: Value[]): Sql {
  const text = strings.reduce((sofar, part, index) => `${sofar}:p${index}${part}`);
  return { text, parameters: values.map((value, index) => parameter(`p${index + 1}`, value)) };
}

function parameter(name: string, value: Value): SqlParameter {
  if (value === null) return { name, value: { isNull: true } };
  switch (typeof value) {
    case 'string':
      return { name, value: { stringValue: value } };
    case 'boolean':
      return { name, value: { booleanValue: value } };
    case 'number':
      if (Number.isSafeInteger(value)) return { name, value: { longValue: value } };
      if (Number.isInteger(value))
        throw new RangeError(`${value} is past the integers a number holds exactly; bind it as a string`);
      return { name, value: { doubleValue: value } };
    default:
      return value.value === null
        ? { name, value: { isNull: true } }
        : { name, typeHint: value.hint, value: { stringValue: value.value } };
  }
}
