import * as z from 'zod/mini';

/** The message a backfill goes on by: written by the deployment that hands it over, and by each slice for the next. */
export const continuationMessage = z.strictObject({
  type: z.literal('continue-migrations'),
  /** When it was handed over. */
  since: z.iso.datetime(),
});

export type ContinuationMessage = z.output<typeof continuationMessage>;
