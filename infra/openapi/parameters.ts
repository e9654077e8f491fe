import * as z from 'zod';
import type { ZodOpenApiOverride } from 'zod-openapi';
import { generateMetadataMessage } from '../../functions/metadata/message.ts';
import { unpublishRequest } from '../../functions/versions/publish.ts';
import { correlationRequest } from './correlation.ts';
import { explained } from './explained.ts';

interface Query {
  schema: z.core.$ZodObject;
  means: Record<string, string>;
  example?: Record<string, unknown>;
}

/** The parameters in a route's path, from the names in its braces. The pipeline mints ULIDs; older versions have other ids. */
export function path(route: string, example: Record<string, string> = {}) {
  const schemas: Record<string, z.core.$ZodType> = {
    projectId: generateMetadataMessage.shape.projectId,
    versionId: route.startsWith('/pipeline/')
      ? generateMetadataMessage.shape.versionId
      : unpublishRequest.shape.versionId,
  };
  const names = [...route.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const shape = names.map((name) => {
    const schema = schemas[name];
    if (!schema)
      throw new TypeError(`{${name}} in ${route} is no path parameter that infra/openapi/parameters.ts knows`);
    return [name, explained(schema, { param: { example: example[name] } })];
  });
  return names.length > 0 ? { path: z.object(Object.fromEntries(shape)) } : {};
}

/** The parameters of a query, from the schema the handler parses it with. */
export function query({ schema, means, example = {} }: Query) {
  const shape = Object.entries(schema._zod.def.shape).map(([name, field]) => [
    name,
    explained(field, {
      ...asMeant(field),
      param: { description: means[name] ?? '', ...(name in example && { example: example[name] }) },
    }),
  ]);
  return { query: z.object(Object.fromEntries(shape)) };
}

/** What a client sends and means: a number with its bounds, a flag, what is taken when it says nothing. The schema itself is asked. */
function asMeant(field: z.core.$ZodType): { override: ZodOpenApiOverride } {
  const bounds = boundsOf(field);
  const fallback = z.safeParse(field, undefined).data;
  return {
    override: ({ jsonSchema }) => {
      if (bounds) {
        Object.assign(jsonSchema, { type: 'integer', ...bounds });
        delete jsonSchema.pattern;
      }
      if (fallback !== undefined) jsonSchema.default = fallback;
    },
  };
}

// More than any number a query takes.
const LARGEST = 9_999_999;

/** Of a field that reads text as a whole number: the least and the greatest it takes. */
function boundsOf(field: z.core.$ZodType): { minimum: number; maximum: number } | undefined {
  const takes = (value: number): boolean => typeof z.safeParse(field, String(value)).data === 'number';
  const minimum = [0, 1].find(takes);
  if (minimum === undefined) return undefined;
  let [maximum, above] = [minimum, LARGEST + 1];
  while (above - maximum > 1) {
    const middle = Math.floor((maximum + above) / 2);
    if (takes(middle)) maximum = middle;
    else above = middle;
  }
  return { minimum, maximum };
}

const idempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/)
  .optional()
  .describe(
    'Of your choice. A request sent again with it within 24 hours is answered as the first one was and changes nothing.',
  );

const ifNoneMatch = z.string().optional().describe('The ETag of an answer you have.');

/** The headers of a request that mean something to the API. */
export function requestHeaders({ repeatable, conditional }: { repeatable: boolean; conditional: boolean }) {
  const shape = {
    ...(repeatable && { 'idempotency-key': idempotencyKey }),
    ...(conditional && { 'if-none-match': ifNoneMatch }),
    ...correlationRequest,
  };
  return { header: z.object(shape) };
}
