import type * as z from 'zod/mini';
import { connect } from './platform/connection.ts';
import type { Database } from './platform/database.ts';
import { answer, callerUser, command, replay, routes } from './platform/http.ts';
import { type Once, onceOf } from './platform/idempotency.ts';
import { parse } from './platform/parse.ts';
import type { Handle } from './platform/request.ts';
import type { Changed } from './versions/change.ts';
import { emptyRequest, remove, restore } from './versions/delete.ts';
import { edit, editRequest } from './versions/edit.ts';
import { callerQuery, projectPath, versionPath } from './versions/place.ts';
import { publish, publishRequest, unpublish, unpublishRequest } from './versions/publish.ts';
import { rollback, rollbackRequest } from './versions/rollback.ts';

/** A route that changes something: `target` is what its path names, and whose. */
const route =
  <Path extends z.ZodMiniType<object>, Body extends z.ZodMiniType>(
    path: Path,
    body: Body,
    change: (
      database: Database,
      target: z.output<Path> & { userId: string },
      wanted: z.output<Body>,
      once: Once | null,
    ) => Promise<Changed>,
    success: 200 | 201 = 200,
  ): Handle =>
  async (request, context) => {
    const place = parse(path, request.pathParameters, 'path');
    const { userId: named } = parse(callerQuery, request.queryStringParameters ?? {}, 'query');
    const wanted = parse(body, request.body);
    const target = { ...place, userId: callerUser(request, named) };
    const { version, replayed } = await change(connect(context), target, wanted, onceOf(request));
    return answer(success, version, replay(replayed));
  };

/** What a user may change about a version. */
export const handler = command(
  routes({
    'POST /projects/{projectId}/versions/{versionId}/publish': route(versionPath, publishRequest, publish),
    'POST /projects/{projectId}/unpublish': route(projectPath, unpublishRequest, unpublish),
    'POST /projects/{projectId}/versions/{versionId}/rollback': route(versionPath, rollbackRequest, rollback, 201),
    'POST /projects/{projectId}/versions/{versionId}/restore': route(versionPath, emptyRequest, restore),
    'PATCH /projects/{projectId}/versions/{versionId}/metadata': route(versionPath, editRequest, edit),
    'DELETE /projects/{projectId}/versions/{versionId}': route(versionPath, emptyRequest, remove),
  }),
);
