import { clientTypes } from './client-types.ts';
import { openApiDocument } from './document.ts';
import { messageSchema } from './message-schema.ts';

/** The files that describe the API to others, by their path in the repository. They are committed, and a test holds them to the code. */
export async function generatedFiles(): Promise<Record<string, string>> {
  const document = openApiDocument();
  return {
    'infra/openapi/openapi.json': pretty(document),
    'infra/openapi/message.schema.json': pretty(messageSchema()),
    'functions/api-client/paths.ts': await clientTypes(document),
  };
}

const pretty = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
