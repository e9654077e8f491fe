import * as z from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponseObject } from 'zod-openapi';
import { correlationAnswer } from './correlation.ts';
import { explained } from './explained.ts';
import { path, query, requestHeaders } from './parameters.ts';
import { type ProblemStatus, problems } from './problems.ts';

/** `GET /projects/{projectId}/versions`, as the template names a route. */
export type RouteKey = `${'GET' | 'POST' | 'PATCH' | 'DELETE'} /${string}`;

interface Answer {
  status: 200 | 201 | 304;
  means: string;
  /** application/json unless said otherwise. */
  type?: string;
  /** Without one the answer has no body. */
  schema?: z.ZodType;
  /** What the example is answered; tests compare it. */
  example?: unknown;
  headers?: z.ZodObject;
}

interface Declaration<Query extends z.core.$ZodShape, Body extends z.core.$ZodShape> {
  operationId: string;
  summary: string;
  description?: string;
  /** Values for the path's parameters in the example. */
  path?: Record<string, string>;
  /** The schema the handler parses the query with, and what each parameter means. */
  query?: { schema: z.core.$ZodObject<Query>; means: Record<keyof Query, string>; example?: Record<string, unknown> };
  /** The schema the handler parses the body with, and what each field means. `optional`: no body is an empty object. */
  body?: {
    schema: z.core.$ZodObject<Body>;
    means: Record<keyof Body, string>;
    example: Record<string, unknown>;
    optional?: true;
    /** Whether it must say something. */
    notEmpty?: true;
  };
  /** Whether the answer has an ETag, and If-None-Match is answered with 304. */
  conditional?: true;
  answers: Answer[];
  problems?: ProblemStatus[];
}

/** One route of the API, described. */
export type Operation = Declaration<z.core.$ZodShape, z.core.$ZodShape>;

/** Declares a route; a parameter or field without an explanation, or an explanation too many, does not compile. */
export const operation = <
  Query extends z.core.$ZodShape = z.core.$ZodShape,
  Body extends z.core.$ZodShape = z.core.$ZodShape,
>(
  declaration: Declaration<Query, Body>,
): Operation => declaration as unknown as Operation;

/** Users bring a token; where no issuer is configured a back end signs for them. */
const USERS = { tag: 'Projects', security: [{ token: [] }, { iam: [] }], refusals: [401, 403] as const };
const PIPELINE = { tag: 'Pipeline', security: [{ iam: [] }], refusals: [403] as const };
const EVERYONE = { tag: 'Description', security: [], refusals: [] as const };

const callersOf = (route: string) =>
  route.startsWith('/pipeline/') ? PIPELINE : route.startsWith('/projects/') ? USERS : EVERYONE;

/** The operation as the document holds it. Headers and errors that follow from its method, path and body are not declared. */
export function toOpenApi(method: string, route: string, operation: Operation): ZodOpenApiOperationObject {
  const { operationId, summary, description, body, conditional = false } = operation;
  const { tag, security, refusals } = callersOf(route);
  const repeatable = method === 'POST';
  return {
    operationId,
    summary,
    ...(description && { description }),
    tags: [tag],
    security,
    requestParams: {
      ...path(route, operation.path),
      ...(operation.query && query(operation.query)),
      ...requestHeaders({ repeatable, conditional }),
    },
    ...(body && {
      requestBody: {
        required: !body.optional,
        content: { 'application/json': { schema: bodyOf(body), example: body.example } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        operation.answers.map((answer) => [
          String(answer.status),
          response({ ...answer, headers: answerHeaders(answer, { repeatable, conditional }) }),
        ]),
      ),
      ...(conditional && {
        304: {
          description: 'It is as If-None-Match says.',
          headers: answerHeaders({}, { conditional, repeatable: false }),
        },
      }),
      ...errors([
        ...(operation.problems ?? []),
        ...refusals,
        ...(security.length > 0 ? ([400] as const) : []),
        ...(method === 'GET' ? [] : ([413] as const)),
        ...(body ? ([415] as const) : []),
        ...(repeatable ? ([422] as const) : []),
        429,
        500,
        503,
      ]),
    },
  };
}

const bodyOf = ({ schema, means, notEmpty }: NonNullable<Operation['body']>) => {
  const fields = Object.entries(schema._zod.def.shape).map(([name, field]) => [
    name,
    explained(field, { description: means[name] }),
  ]);
  const object = z.strictObject(Object.fromEntries(fields));
  return notEmpty ? object.meta({ minProperties: 1 }) : object;
};

const etag = { etag: z.string().describe('Of this answer: send it back as If-None-Match.') };
const replayed = {
  'idempotency-replayed': z
    .literal('true')
    .optional()
    .describe('An earlier request with the same key was answered so.'),
};

const answerHeaders = ({ headers }: Pick<Answer, 'headers'>, of: { repeatable: boolean; conditional: boolean }) =>
  z.object({
    ...headers?.shape,
    ...(of.conditional && etag),
    ...(of.repeatable && replayed),
    ...correlationAnswer,
  });

const response = ({
  means,
  type = 'application/json',
  schema,
  example,
  headers,
}: Answer): ZodOpenApiResponseObject => ({
  description: means,
  ...(headers && Object.keys(headers.shape).length > 0 && { headers }),
  ...(schema && { content: { [type]: { schema, ...(example !== undefined && { example }) } } }),
});

const errors = (statuses: ProblemStatus[]) =>
  Object.fromEntries([...new Set(statuses)].map((status) => [String(status), problems[status]]));
