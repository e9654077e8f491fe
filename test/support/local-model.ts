import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AskModel } from '../../functions/metadata/generator.ts';
import { askModel } from '../../functions/metadata/model.ts';
import { Model } from '../../functions/platform/model.ts';
import { type ModelServer, startModelServer } from '../../infra/local/model/server.ts';

/** The endpoint that stands for Bedrock, and the real SDK to call it with. */
export interface LocalModel extends ModelServer {
  /** Of a process of its own: what one has learned of the model, another has not. */
  ask(): AskModel;
}

export async function startLocalModel(): Promise<LocalModel> {
  const server = await startModelServer({ accountId: '000000000000', region: 'us-east-1' });
  const client = new BedrockRuntimeClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  return {
    ...server,
    ask: () => askModel(new Model('amazon.nova-lite-v1:0', client)),
    close: async () => {
      client.destroy();
      await server.close();
    },
  };
}
