import fc from 'fast-check';
import { resolved, type Schema } from './openapi.ts';

/** Long enough to be interesting, short enough for thousands of requests. */
const LONGEST = 60;
const MOST = 4;

/** Values that fit a schema of openapi.json. */
export function valuesOf(reference: Schema): fc.Arbitrary<unknown> {
  const schema = resolved(reference);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valuesOf));
  const types = [schema.type ?? 'object'].flat();
  return fc.oneof(...types.map((type) => ofType(type, schema)));
}

function ofType(type: string, schema: Schema): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return stringsOf(schema);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000, max: schema.maximum ?? 1_000 });
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'array': {
      const { items = {}, minItems = 0, maxItems = MOST } = schema;
      return fc.array(valuesOf(items), { minLength: minItems, maxLength: Math.min(maxItems, MOST) });
    }
    case 'object':
      return objectsOf(schema);
    default:
      return fc.constant(null);
  }
}

function objectsOf({ properties = {}, required = [], additionalProperties, minProperties = 0 }: Schema) {
  if (additionalProperties === true)
    return fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: MOST });
  const fields = Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, valuesOf(field)]));
  return fc
    .record(fields, { requiredKeys: required })
    .filter((object) => Object.keys(object).length >= minProperties)
    .map((object) => ({ ...object }));
}

function stringsOf({
  format,
  pattern,
  minLength = 0,
  maxLength = Number.POSITIVE_INFINITY,
}: Schema): fc.Arbitrary<string> {
  if (format === 'date-time') return moments;
  if (format === 'uri') return fc.webUrl();
  const free = fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, LONGEST) });
  // What a schema counts is characters, what JavaScript counts is UTF-16 units.
  if (!pattern) return free.filter((text) => text.length >= minLength && text.length <= maxLength);
  const expression = new RegExp(pattern, 'u');
  return pattern.includes('\\p') ? free.filter((text) => expression.test(text)) : fc.stringMatching(expression);
}

const moments = fc
  .date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2025-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
