import * as z from 'zod/mini';
import '../platform/english.ts';
import { count, identifier, oneLine, text, ulid } from '../platform/text.ts';
import { recommendationsDocument } from './document.ts';

/** What changed in a build, as the pipeline knows it. */
export const changes = z.strictObject({
  filesChanged: z.optional(count),
  linesAdded: z.optional(count),
  linesRemoved: z.optional(count),
  commits: z.optional(z.array(text(2_000, 0)).check(z.maxLength(1_000))),
});

/** The message that asks for a version's metadata: the one contract with whoever writes to the queue. */
export const generateMetadataMessage = z.strictObject({
  type: z.literal('generate-metadata'),
  versionId: ulid,
  projectId: identifier,
  isInitialBuild: z.optional(z.boolean()),
  changes: z.optional(changes),
  recommendations: z.optional(recommendationsDocument),
});

/** Which version a message is about, also when the rest of it is wrong. */
const about = z.object({ versionId: ulid, projectId: identifier });

/** The job of the retired event chain: still in old queues, acknowledged and counted. */
const retiredMessage = z.looseObject({ type: z.literal('classify-version') });

export type GenerateMetadataMessage = z.output<typeof generateMetadataMessage>;

/** A message body read: work to do, a retired job, or the reason why it can never succeed. */
export type ReadMessage =
  | { kind: 'generate'; message: GenerateMetadataMessage }
  | { kind: 'retired' }
  | { kind: 'invalid'; reason: string; versionId?: string; projectId?: string };

/** Reads the body of an SQS message. Never throws; a reason names fields, not their values. */
export function readMessage(body: string): ReadMessage {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { kind: 'invalid', reason: 'the body is not JSON' };
  }
  if (retiredMessage.safeParse(value).success) return { kind: 'retired' };
  const result = generateMetadataMessage.safeParse(value);
  if (result.success) return { kind: 'generate', message: result.data };
  const reasons = result.error.issues.map(({ path, message }) => `${path.join('.') || 'message'}: ${message}`);
  return { kind: 'invalid', reason: attributeText(reasons.join('; ')), ...about.safeParse(value).data };
}

/** One line of what SQS takes as a message attribute: the characters of XML 1.0. Keys are the sender's, so they are shown, but not at any length. */
const attributeText = (text: string): string => oneLine(text.slice(0, 300)).replace(/[\uFFFE\uFFFF]/g, '?');
