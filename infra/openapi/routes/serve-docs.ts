import * as z from 'zod';
import { operation } from '../operation.ts';

/** What describes the API, for everyone. */
export const serveDocs = {
  'GET /openapi.json': operation({
    operationId: 'getDescription',
    summary: 'This document',
    conditional: true,
    answers: [
      {
        status: 200,
        means: 'OpenAPI 3.1.',
        schema: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
      },
    ],
  }),
  'GET /docs': operation({
    operationId: 'getReference',
    summary: 'A page that shows this document',
    conditional: true,
    answers: [{ status: 200, means: 'A page that loads nothing else.', type: 'text/html', schema: z.string() }],
  }),
};
