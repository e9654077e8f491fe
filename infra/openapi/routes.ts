import type { Operation, RouteKey } from './operation.ts';
import { changeVersion } from './routes/change-version.ts';
import { listVersions } from './routes/list-versions.ts';
import { readVersion } from './routes/read-version.ts';
import { recordVersion } from './routes/record-version.ts';
import { serveDocs } from './routes/serve-docs.ts';

/**
 * Every route of the API, by its key in the template. A route that the stack declares and this does not, or the other way round, fails
 * a test.
 */
export const routes: Record<RouteKey, Operation> = {
  ...listVersions,
  ...readVersion,
  ...changeVersion,
  ...recordVersion,
  ...serveDocs,
};
