import type * as z from 'zod/mini';
import './english.ts';
import { InvalidInput, type Problem } from './errors.ts';
import { oneLine } from './text.ts';

/** Parses `value` by `schema`. @throws InvalidInput that names every wrong field and what is allowed there */
export function parse<Schema extends z.ZodMiniType>(schema: Schema, value: unknown, where = ''): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidInput(result.error.issues.flatMap((issue) => problems(issue, schema, where)));
}

/** Makes one issue of zod one problem a field. Messages name what is allowed, never the value: it may be a prompt. */
function problems(issue: z.core.$ZodIssue, schema: z.ZodMiniType, where: string): Problem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const allowed =
      path.length === 0 && 'shape' in schema ? `; allowed: ${Object.keys(schema.shape as object).join(', ')}` : '';
    return issue.keys.map((key) => ({ field: field([...path, key], where), message: `is not known${allowed}` }));
  }
  return [{ field: field(path, where), message: issue.message }];
}

/** A key can be anything a caller sends: it is shown, but not at any length. */
const field = (path: string[], where: string): string => {
  const name = oneLine(path.join('.').slice(0, 100));
  return name === '' ? where || 'body' : name;
};
