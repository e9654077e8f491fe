import * as z from 'zod/mini';
import { text } from '../platform/text.ts';

/** What the finished document of a version may weigh, in bytes of JSON. */
const MAX_DOCUMENT_BYTES = 65_536;

const changeType = z.enum(['major', 'minor', 'patch']);
const breakingRisk = z.enum(['none', 'low', 'medium', 'high']);

const recommendation = z.strictObject({
  id: z.int().check(z.minimum(0), z.maximum(2_147_483_647)),
  title: text(200),
  description: text(4_000),
  category: text(100),
  complexity: text(50),
  impact: text(50),
  versionHint: text(100),
  prompt: text(16_000),
});

/** The finished AI document, when the pipeline has it already: what to build next, and what this build was. */
export const recommendationsDocument = z
  .strictObject({
    schemaVersion: z.literal(1),
    recommendations: z.array(recommendation).check(z.maxLength(50)),
    project_info: z.strictObject({
      type: text(100),
      framework: text(100),
      version: text(100),
      version_description: text(4_000),
      change_type: changeType,
      breaking_risk: breakingRisk,
    }),
  })
  .check(
    z.refine(
      (document) => Buffer.byteLength(JSON.stringify(document)) <= MAX_DOCUMENT_BYTES,
      `must be at most ${MAX_DOCUMENT_BYTES} bytes of JSON`,
    ),
  );

export type RecommendationsDocument = z.output<typeof recommendationsDocument>;
