import * as z from 'zod';
import { connect } from './platform/connection.ts';
import { answer, callerUser, query } from './platform/http.ts';
import { parse } from './platform/parse.ts';
import { identifier } from './platform/text.ts';
import { listQuery, listVersions } from './versions/list.ts';

const path = z.strictObject({ projectId: identifier });

/** GET /projects/{projectId}/versions: one page of a project's history, newest first. */
export const handler = query(async (request, context) => {
  const { projectId } = parse(path, request.pathParameters, 'path');
  const { userId: named, ...filters } = parse(listQuery, request.queryStringParameters ?? {}, 'query');
  const userId = callerUser(request, named);
  return answer(200, await listVersions(connect(context), projectId, userId, filters));
});
