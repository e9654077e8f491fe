import * as z from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { correlationError } from './correlation.ts';

const problem = z
  .strictObject({
    type: z.literal('about:blank'),
    status: z.int(),
    title: z.string(),
    detail: z.string(),
    reason: z.string().optional().describe('Of a 409 and some others: a stable code for machines.'),
    errors: z
      .array(z.strictObject({ field: z.string(), message: z.string().describe('What is allowed there.') }))
      .optional()
      .describe('Of a 400: each wrong field.'),
    publishedVersionId: z
      .string()
      .nullable()
      .optional()
      .describe('Of the reason `published_elsewhere`: the version that is published.'),
  })
  .meta({ id: 'Problem', description: 'An error of the API: a problem document (RFC 9457).' });

const gatewayMessage = z
  .strictObject({ message: z.string() })
  .meta({ id: 'GatewayMessage', description: 'An error of API Gateway, before or instead of the API’s own answer.' });

const ours = { 'application/problem+json': { schema: problem } };
const gateways = { 'application/json': { schema: gatewayMessage } };
const correlated = z.object(correlationError);
const retryAfter = z.object({
  ...correlationError,
  'retry-after': z
    .string()
    .regex(/^\d+$/)
    .optional()
    .describe('Seconds after which the same request may be sent again; not with an error of the gateway.'),
});

/** Every error there is, by its status. Which ones a route can answer is in its declaration, or follows from it. */
export const problems = {
  400: {
    id: 'BadRequest',
    description: 'The request is wrong and nothing was changed: `errors` names each field and what is allowed there.',
    headers: correlated,
    content: { ...ours, ...gateways },
  },
  401: {
    id: 'Unauthorized',
    description: 'No token, or one that is not valid.',
    headers: z.object({ 'www-authenticate': z.string() }),
    content: gateways,
  },
  403: { id: 'Forbidden', description: 'Not signed, or the caller may not call this route.', content: gateways },
  404: {
    id: 'NotFound',
    description: 'There is no such thing, or it is somebody else’s: both look the same.',
    headers: correlated,
    content: { ...ours, ...gateways },
  },
  409: {
    id: 'Conflict',
    description: 'The request disagrees with what is recorded; `reason` says how.',
    headers: correlated,
    content: ours,
  },
  413: {
    id: 'TooLarge',
    description: 'The body has more than 256 KiB.',
    headers: correlated,
    content: { ...ours, ...gateways },
  },
  415: { id: 'NotJson', description: 'The body is not sent as application/json.', headers: correlated, content: ours },
  422: {
    id: 'KeyReused',
    description: 'The Idempotency-Key was used with another body.',
    headers: correlated,
    content: ours,
  },
  429: { id: 'TooMany', description: 'More requests than the API is configured for.', content: gateways },
  500: {
    id: 'Failed',
    description: 'It failed on our side and was logged.',
    headers: correlated,
    content: { ...ours, ...gateways },
  },
  503: {
    id: 'Unavailable',
    description: 'It cannot be answered now. The same request may be sent again: every write can be repeated.',
    headers: retryAfter,
    content: { ...ours, ...gateways },
  },
} satisfies Record<number, ZodOpenApiResponseObject>;

export type ProblemStatus = keyof typeof problems;
