import * as z from 'zod/mini';
import { conditional } from './platform/conditional.ts';
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
  const page = await listVersions(connect(context), projectId, userId, filters);
  const next = page.nextCursor && nextPage(projectId, request.queryStringParameters ?? {}, page.nextCursor);
  return conditional(request, answer(200, page, next ? { link: `<${next}>; rel="next"` } : {}));
});

/** The address of the next page (RFC 8288): the same query, from the cursor on. */
function nextPage(projectId: string, asked: Record<string, string | undefined>, cursor: string): string {
  const { offset: _, ...same } = asked;
  const next = new URLSearchParams({ ...same, cursor } as Record<string, string>);
  return `/projects/${encodeURIComponent(projectId)}/versions?${next}`;
}
