import * as z from 'zod';
import { createDocument, type ZodOpenApiOverride } from 'zod-openapi';
import packageJson from '../../package.json' with { type: 'json' };
import { type Operation, toOpenApi } from './operation.ts';
import { routes } from './routes.ts';

const description = `The version history of every project. Projects are read and changed by their owners, with a token of the configured issuer; where none is
configured, by back ends that sign with IAM and name the user in \`userId\`. What starts with \`/pipeline\` is for the deploy pipeline, signed with IAM.

Errors of the API are problem documents (RFC 9457); those of API Gateway in front of it are \`{"message"}\`. Dates are ISO 8601 in UTC. Every write can be repeated.`;

/** The description of the API: OpenAPI 3.1, from the schemas its handlers parse requests with. */
export function openApiDocument() {
  const paths: Record<string, Record<string, ReturnType<typeof toOpenApi>>> = {};
  for (const [key, operation] of Object.entries(routes) as [string, Operation][]) {
    const [method = '', path = ''] = key.split(' ');
    paths[path] = { ...paths[path], [method.toLowerCase()]: toOpenApi(method, path, operation) };
  }
  const document = createDocument(
    {
      openapi: '3.1.0',
      info: { title: packageJson.name, version: packageJson.version, description },
      servers: [{ url: '/', description: 'Where this document came from' }],
      tags: [
        { name: 'Projects', description: 'For the owners of projects.' },
        { name: 'Pipeline', description: 'For the deploy pipeline.' },
        { name: 'Description', description: 'For everyone.' },
      ],
      paths,
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Its subject is the user.' },
          iam: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: 'AWS Signature Version 4, service `execute-api`.',
            'x-amazon-apigateway-authtype': 'awsSigv4',
          },
        },
      },
    },
    { override: asSent },
  );
  delete document.components?.schemas?.[JSON_VALUE];
  return document;
}

// The name zod gives the schema of any JSON value, because it holds itself. `asSent` writes `true` where it is used.
const JSON_VALUE = '__schema0';

/** What a client sends: flags in a query arrive as text, and any value in a JSON object is a JSON value. */
const asSent: ZodOpenApiOverride = ({ jsonSchema, zodSchema, io }) => {
  if (zodSchema instanceof z.core.$ZodRecord && zodSchema._zod.def.valueType instanceof z.core.$ZodLazy) {
    jsonSchema.additionalProperties = true;
    delete jsonSchema.propertyNames;
  }
  if (
    io === 'input' &&
    zodSchema instanceof z.core.$ZodEnum &&
    String(Object.keys(zodSchema._zod.def.entries)) === 'true,false'
  ) {
    jsonSchema.type = 'boolean';
    delete jsonSchema.enum;
  }
};
