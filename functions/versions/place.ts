import * as z from 'zod/mini';
import { identifier } from '../platform/text.ts';

/** The path of a user's route about a project. */
export const projectPath = z.strictObject({ projectId: identifier });

/** The path of a user's route about a version. Not only ULIDs: older systems minted other ids. */
export const versionPath = z.extend(projectPath, { versionId: identifier });

/** The query of a route that takes no other: the user a back end speaks for. */
export const callerQuery = z.strictObject({ userId: z.optional(identifier) });
