import * as z from 'zod';
import { listQuery } from '../../../functions/versions/list.ts';

/** What `userId` means wherever it is in a query. */
export const userId =
  'Of a caller signed with IAM, who must give it: whose project it is. A token says so itself, and with one it is a 400.';

/** The query of routes that need nothing else in it. */
export const callerQuery = { schema: z.strictObject({ userId: listQuery.shape.userId }), means: { userId } };
