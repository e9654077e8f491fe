import * as z from 'zod/mini';
import { InvalidInput } from '../platform/errors.ts';
import { MAX_MESSAGE_BYTES } from '../platform/queue.ts';
import { recommendationsDocument } from './document.ts';
import { changes, type GenerateMetadataMessage } from './message.ts';

/** What the pipeline knows of a build that helps to describe it. */
export const metadataInput = {
  isInitialBuild: z.optional(z.boolean()),
  changes: z.optional(changes),
  recommendations: z.optional(recommendationsDocument),
};

type MetadataInput = Pick<GenerateMetadataMessage, keyof typeof metadataInput>;

/** The message that asks for a version's metadata, as it goes on the wire. @throws InvalidInput when it is too long for the queue */
export function metadataRequest(projectId: string, versionId: string, input: MetadataInput): string {
  const { isInitialBuild, changes, recommendations } = input;
  const message: GenerateMetadataMessage = {
    type: 'generate-metadata',
    versionId,
    projectId,
    isInitialBuild,
    changes,
    recommendations,
  };
  const body = JSON.stringify(message);
  if (Buffer.byteLength(body) <= MAX_MESSAGE_BYTES) return body;
  throw new InvalidInput([
    { field: 'changes', message: `must leave the message below ${MAX_MESSAGE_BYTES} bytes: send fewer commits` },
  ]);
}
