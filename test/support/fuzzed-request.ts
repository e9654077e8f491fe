import fc from 'fast-check';
import { BODIES, HEADERS, PATHS, WRONG } from './hostile.ts';
import { misfit, type Operation, resolved, type Schema } from './openapi.ts';
import { valuesOf } from './schema-values.ts';

/** A request for an operation before it is written down. */
export interface Draft {
  operation: Operation;
  kind: 'valid' | 'nearly valid' | 'hostile';
  path: Record<string, string>;
  query: [name: string, value: string][];
  headers: Record<string, string>;
  body: string | undefined;
  /** Instead of what operation, path and query say. */
  target?: string;
}

/** Where path parameters and ids in bodies come from, so that requests meet something. */
export interface Known {
  projects: string[];
  versions: string[];
}

// A token says who calls, so naming a user is wrong; and a cursor is not made up.
const NOT_GUESSED = new Set(['userId', 'cursor', 'if-none-match']);
const IDS = new Set(['versionId', 'expectedPublishedVersionId', 'parentVersionId']);

/** What the document allows. */
export function validDraft(operation: Operation, known: Known): fc.Arbitrary<Draft> {
  const given = (place: string): fc.Arbitrary<Record<string, unknown>> => {
    const parameters = operation.parameters.filter(({ in: where, name }) => where === place && !NOT_GUESSED.has(name));
    const values = parameters.map(({ name, schema }) => [name, parameterValues(name, schema, known)] as const);
    const requiredKeys = parameters.filter(({ required }) => required).map(({ name }) => name);
    return fc.record(Object.fromEntries(values), { requiredKeys });
  };
  return fc
    .record({ path: given('path'), query: given('query'), headers: given('header'), body: bodies(operation, known) })
    .map(({ path, query, headers, body }) => ({
      operation,
      kind: 'valid' as const,
      path: texts(path),
      // A page is found by one of the two, and a search has no offset.
      query: Object.entries(texts(query)).filter(([name]) => name !== 'offset' || !('q' in query)),
      headers: { ...texts(headers), ...(body !== undefined && { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    }));
}

const parameterValues = (name: string, schema: Schema, { projects, versions }: Known): fc.Arbitrary<unknown> => {
  if (name === 'projectId') return fc.constantFrom(...projects);
  if (name === 'versionId') return fc.oneof({ arbitrary: fc.constantFrom(...versions), weight: 9 }, ulids);
  // Repeating a key with another request is a 422 of its own.
  if (name === 'idempotency-key') return fc.oneof(fc.constantFrom('a', 'b'), fc.uuid());
  return valuesOf(schema);
};

const ulids = fc.ulid();

function bodies({ body }: Operation, { versions }: Known): fc.Arbitrary<unknown> {
  if (!body) return fc.constant(undefined);
  const values = (valuesOf(body.schema) as fc.Arbitrary<Record<string, unknown>>).chain((value) =>
    fc
      .constantFrom(...versions)
      .map((id) =>
        Object.fromEntries(
          Object.entries(value).map(([name, each]) => [name, IDS.has(name) && typeof each === 'string' ? id : each]),
        ),
      ),
  );
  return body.required ? values : fc.option(values, { nil: undefined, freq: 4 });
}

const texts = (values: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));

/** One thing of a valid request made wrong, or nearly. */
export const nearlyValidDraft = (operation: Operation, known: Known): fc.Arbitrary<Draft> =>
  fc
    .tuple(validDraft(operation, known), fc.nat(), fc.constantFrom(...WRONG), fc.constantFrom(...Object.keys(spoilers)))
    .map(
      ([draft, at, value, how]) => ({ ...spoilers[how]?.(draft, at, value), kind: 'nearly valid' as const }) as Draft,
    );

type Spoil = (draft: Draft, at: number, value: unknown) => Draft;

const spoilers: Record<string, Spoil> = {
  field: (draft, at, value) =>
    withBody(draft, (body, names) => ({ ...body, [names[at % names.length] ?? 'x']: value })),
  missingField: (draft, at) =>
    withBody(draft, (body, names) => {
      const { [names[at % names.length] ?? '']: _, ...rest } = body;
      return rest;
    }),
  unknownField: (draft, _, value) => withBody(draft, (body) => ({ ...body, isAdmin: value })),
  caseOfField: (draft, at) =>
    withBody(draft, (body, names) => {
      const name = names[at % names.length] ?? 'x';
      return { ...body, [name.toUpperCase()]: body[name] };
    }),
  parameter: (draft, at, value) => {
    const names = draft.operation.parameters.filter((each) => each.in === 'query').map(({ name }) => name);
    const name = names[at % names.length] ?? 'limit';
    return { ...draft, query: [...draft.query.filter(([each]) => each !== name), [name, String(value)]] };
  },
  parameterTwice: (draft) => ({ ...draft, query: [...draft.query, ...draft.query] }),
  unknownParameter: (draft, _, value) => ({ ...draft, query: [...draft.query, ['admin', String(value)]] }),
  id: (draft, at, value) => {
    const names = Object.keys(draft.path);
    const name = names[at % names.length];
    return name ? { ...draft, path: { ...draft.path, [name]: String(value) || ' ' } } : draft;
  },
  key: (draft, at) => ({
    ...draft,
    headers: { ...draft.headers, 'idempotency-key': ['k'.repeat(256), '', 'é'][at % 3] ?? '' },
  }),
  contentType: (draft, at) => ({
    ...draft,
    headers: {
      ...draft.headers,
      'content-type': ['text/plain', 'application/xml', 'application/json;charset=utf-16', 'x'][at % 4] ?? '',
    },
  }),
};

function withBody(draft: Draft, change: (body: Record<string, unknown>, names: string[]) => unknown): Draft {
  const { body } = draft.operation;
  if (!body) return draft;
  const value = JSON.parse(draft.body ?? '{}') as Record<string, unknown>;
  const changed = change(value, Object.keys(resolved(body.schema).properties ?? { x: {} }));
  return { ...draft, headers: { ...draft.headers, 'content-type': 'application/json' }, body: JSON.stringify(changed) };
}

/** What nobody sends who means well. */
export const hostileDraft = (operation: Operation, known: Known): fc.Arbitrary<Draft> =>
  fc
    .record({
      draft: validDraft(operation, known),
      target: fc.option(fc.constantFrom(...PATHS), { nil: undefined }),
      body: fc.option(fc.oneof(fc.constantFrom(...BODIES), fc.string({ unit: 'binary' }), fc.json()), {
        nil: undefined,
      }),
      headers: fc.constantFrom(...HEADERS),
    })
    .map(({ draft, target, body, headers }) => ({
      ...draft,
      kind: 'hostile' as const,
      headers: { ...draft.headers, ...headers },
      ...(target !== undefined && { target }),
      ...(operation.method !== 'GET' && body !== undefined && { body }),
    }));

/** Why the document refuses a draft's body; undefined when it does not. */
export function bodyMisfit({ operation, body }: Draft): string | undefined {
  if (!operation.body || body === undefined) return undefined;
  return misfit(operation.body.schema, JSON.parse(body));
}
