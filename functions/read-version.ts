import { connect } from './platform/connection.ts';
import { answer, callerUser, isUser, query, routes } from './platform/http.ts';
import { parse } from './platform/parse.ts';
import { callerQuery, projectPath, versionPath } from './versions/place.ts';
import { readPublication } from './versions/publication.ts';
import { listPublications, publicationsQuery } from './versions/publications.ts';
import { readVersion } from './versions/read.ts';

/** One version, what a project has published, and what it had. */
export const handler = query(
  routes({
    'GET /projects/{projectId}/versions/{versionId}': async (request, context) => {
      const { projectId, versionId } = parse(versionPath, request.pathParameters, 'path');
      const { userId: named } = parse(callerQuery, request.queryStringParameters ?? {}, 'query');
      const target = { projectId, versionId, userId: callerUser(request, named) };
      return answer(200, await readVersion(connect(context), target, isUser(request)));
    },
    'GET /projects/{projectId}/publication': async (request, context) => {
      const { projectId } = parse(projectPath, request.pathParameters, 'path');
      const { userId: named } = parse(callerQuery, request.queryStringParameters ?? {}, 'query');
      return answer(200, await readPublication(connect(context), projectId, callerUser(request, named)));
    },
    'GET /projects/{projectId}/publications': async (request, context) => {
      const { projectId } = parse(projectPath, request.pathParameters, 'path');
      const { userId: named, ...page } = parse(publicationsQuery, request.queryStringParameters ?? {}, 'query');
      return answer(200, await listPublications(connect(context), projectId, callerUser(request, named), page));
    },
  }),
);
