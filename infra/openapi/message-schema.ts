import * as z from 'zod';
import { generateMetadataMessage } from '../../functions/metadata/message.ts';
import { example } from './example.ts';

/** The JSON Schema of the SQS message that asks for a version's metadata, for whoever writes to the queue. */
export const messageSchema = (): object => {
  const { $schema, ...schema } = z.toJSONSchema(generateMetadataMessage, { io: 'input' });
  return {
    $schema,
    title: 'generate-metadata',
    description:
      'Asks for the metadata of a deployed version. At most 256 KiB of JSON, `recommendations` at most 64 KiB. Sent twice it changes nothing. What does not fit this schema goes to the dead-letter queue at once, with the reason in an attribute.',
    ...schema,
    examples: [
      {
        type: 'generate-metadata',
        versionId: example.versionId,
        projectId: example.projectId,
        changes: { filesChanged: 3, linesAdded: 120, linesRemoved: 4, commits: ['Add search'] },
      },
    ],
  };
};
