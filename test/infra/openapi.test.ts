import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateMetadataMessage } from '../../functions/metadata/message.ts';
import { generatedFiles } from '../../infra/openapi/generated.ts';
import { misfit, operations, resolved, type Schema } from '../support/openapi.ts';
import { ofType, synthesizeTemplate } from '../support/template.ts';

const committed = (file: string) => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');

describe('the description of the API', () => {
  it('is what the code says now: else run `npm run openapi`', async () => {
    for (const [file, text] of Object.entries(await generatedFiles())) expect(committed(file), file).toBe(text);
  });

  it('has every route of the template and no other, each with the callers that its authorizer lets in', async () => {
    const template = await synthesizeTemplate({ jwtIssuer: 'https://issuer.example', jwtAudience: 'web' });
    const callers = { JWT: 'token', AWS_IAM: 'iam', NONE: 'none' };
    const deployed = Object.values(ofType(template, 'AWS::ApiGatewayV2::Route')).map(({ Properties }) => [
      Properties.RouteKey,
      callers[Properties.AuthorizationType as keyof typeof callers],
    ]);
    const described = operations.map((each) => [`${each.method} ${each.path}`, each.callers]);
    expect(Object.fromEntries(described)).toEqual(Object.fromEntries(deployed));
  });

  it('names each operation once', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it('has examples that fit its schemas', () => {
    for (const { operationId, parameters, body, responses } of operations) {
      const examples: [string, Schema, unknown][] = [
        ...parameters.map(({ name, schema, example }): [string, Schema, unknown] => [name, schema, example]),
        ...(body ? [['body', body.schema, body.example] as [string, Schema, unknown]] : []),
        ...Object.values(responses).flatMap(({ content = {} }) =>
          Object.values(content).map((each): [string, Schema, unknown] => ['answer', each.schema, each.example]),
        ),
      ];
      for (const [where, schema, example] of examples) {
        if (example !== undefined) expect(misfit(schema, example), `${operationId}, ${where}`).toBeUndefined();
      }
    }
  });

  it('explains every parameter and every field of a body', () => {
    for (const { operationId, parameters, body } of operations) {
      const named = parameters.filter(({ in: place }) => place !== 'path') as { name: string; description?: string }[];
      for (const { name, description } of named) expect(description, `${operationId}: ${name}`).toBeTruthy();
      const fields = Object.entries(body ? (resolved(body.schema).properties ?? {}) : {});
      for (const [name, field] of fields) expect(field, `${operationId}: ${name}`).toHaveProperty('description');
    }
  });
});

describe('the schema of the message', () => {
  const schema = JSON.parse(committed('infra/openapi/message.schema.json')) as Schema & { examples: object[] };

  it('and the worker agree on what a message is', () => {
    const [example] = schema.examples;
    for (const message of [
      example,
      { ...example, versionId: 'v1' },
      { ...example, extra: 1 },
      { ...example, changes: { filesChanged: -1 } },
      { ...example, recommendations: { schemaVersion: 2 } },
      {},
    ]) {
      expect(misfit(schema, message) === undefined).toBe(generateMetadataMessage.safeParse(message).success);
    }
  });
});
