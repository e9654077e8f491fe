import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { HttpAnswer } from './http.ts';

/** As much of JSON Schema as openapi.json uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  minProperties?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
}

export interface Parameter {
  in: 'path' | 'query' | 'header';
  name: string;
  required?: boolean;
  schema: Schema;
  example?: unknown;
}

interface Response {
  $ref?: string;
  headers?: Record<string, { required?: boolean; schema: Schema }>;
  content?: Record<string, { schema: Schema; example?: unknown }>;
}

/** An operation of openapi.json. */
export interface Operation {
  method: string;
  path: string;
  operationId: string;
  /** Who may call it: `token` is for users, `iam` for callers that sign, `none` for everyone. */
  callers: 'token' | 'iam' | 'none';
  parameters: Parameter[];
  body: { required: boolean; schema: Schema; example: unknown } | undefined;
  responses: Record<string, Response>;
}

interface Document {
  paths: Record<string, Record<string, RawOperation>>;
  components: { responses: Record<string, Response>; schemas: Record<string, Schema> };
}

interface RawOperation {
  operationId: string;
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema; example: unknown }> };
  responses: Record<string, Response>;
}

const document = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../infra/openapi/openapi.json'), 'utf8'),
) as Document;
const ajv = new Ajv2020({ strict: false });
formats.default(ajv);
ajv.addSchema(document, 'openapi.json');

/** Every operation of the committed document. */
export const operations: Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, raw]) => {
    const content = raw.requestBody?.content['application/json'];
    const [first = {}] = raw.security;
    return {
      method: method.toUpperCase(),
      path,
      operationId: raw.operationId,
      callers: 'token' in first ? 'token' : 'iam' in first ? 'iam' : 'none',
      parameters: raw.parameters ?? [],
      body: content && { required: raw.requestBody?.required ?? false, ...content },
      responses: Object.fromEntries(
        Object.entries(raw.responses).map(([status, response]) => [
          status,
          named(response, document.components.responses),
        ]),
      ),
    };
  }),
);

/** A schema itself, where a reference to it stands. */
export const resolved = (schema: Schema): Schema => named(schema, document.components.schemas);

function named<Thing extends { $ref?: string }>(thing: Thing, things: Record<string, Thing>): Thing {
  if (!thing.$ref) return thing;
  const found = things[thing.$ref.split('/').at(-1) ?? ''];
  if (!found) throw new Error(`openapi.json has no ${thing.$ref}`);
  return found;
}

const validators = new Map<Schema, ValidateFunction>();

/** Why a value does not fit a schema of the document; undefined when it does. */
export function misfit(schema: Schema, value: unknown): string | undefined {
  const validate = validators.get(schema) ?? validatorOf(schema);
  validators.set(schema, validate);
  return validate(value) ? undefined : ajv.errorsText(validate.errors);
}

// References inside a schema are to the whole document.
const validatorOf = (schema: Schema): ValidateFunction =>
  ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi.json#/')) as object);

/** What of an answer is not as the document says. */
export function deviations({ responses }: Operation, { status, headers, body }: HttpAnswer): string[] {
  const declared = responses[status];
  if (!declared) return [`status ${status} is not declared`];
  const missing = Object.entries(declared.headers ?? {}).flatMap(([name, { required, schema }]) => {
    const value = headers[name];
    if (value === undefined) return required ? [`header ${name} is missing`] : [];
    const wrong = misfit(schema, value);
    return wrong ? [`header ${name}: ${wrong}`] : [];
  });
  if (!declared.content) return body === '' ? missing : [...missing, `status ${status} has no body`];
  const type = headers['content-type']?.split(';')[0] ?? '';
  const content = declared.content[type];
  if (!content) return [...missing, `content type ${type} is not declared for ${status}`];
  if (!type.endsWith('json')) return missing;
  const value: unknown = JSON.parse(body);
  const wrong = misfit(content.schema, value);
  if (wrong) return [...missing, wrong];
  const disagrees = type === 'application/problem+json' && (value as { status: number }).status !== status;
  return disagrees ? [...missing, 'the problem has another status'] : missing;
}
