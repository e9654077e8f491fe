import { publicationsQuery } from '../../../functions/versions/publications.ts';
import { publication, publicationPage, versionDetails } from '../answers.ts';
import { example, live, published, ready, reasoning, unpublished } from '../example.ts';
import { operation } from '../operation.ts';
import { callerQuery, userId } from './caller.ts';

const path = { projectId: example.projectId };

/** One version, what a project has published, and what it had. */
export const readVersion = {
  'GET /projects/{projectId}/versions/{versionId}': operation({
    operationId: 'getVersion',
    summary: 'One version with all that is known of it',
    path: { ...path, versionId: example.versionId },
    query: callerQuery,
    answers: [
      {
        status: 200,
        means: 'The version.',
        schema: versionDetails,
        example: {
          ...ready,
          projectId: example.projectId,
          fullDescription: ready.description,
          reasoning,
          metadataGenerator: 'rules',
          metadataAttempts: 1,
          metadataMs: 0,
          durations: { installMs: null, buildMs: null, deployMs: null },
          recommendations: null,
        },
      },
    ],
    problems: [404],
  }),
  'GET /projects/{projectId}/publication': operation({
    operationId: 'getPublication',
    summary: 'What visitors of a project see',
    path,
    query: callerQuery,
    answers: [
      {
        status: 200,
        means: 'The published version, or none.',
        schema: publication,
        example: {
          version: live,
          publishedAt: live.publishedAt,
          publishedBy: live.publishedBy,
          comment: live.userComment,
          rolledBackFrom: null,
        },
      },
    ],
    problems: [404],
  }),
  'GET /projects/{projectId}/publications': operation({
    operationId: 'listPublications',
    summary: 'What has been published and unpublished, by whom and why, newest first',
    path,
    query: {
      schema: publicationsQuery,
      means: {
        limit: 'How many at most.',
        cursor: '`nextCursor` of the page before, as it came.',
        userId,
      },
      example: { limit: 5 },
    },
    answers: [
      {
        status: 200,
        means: 'A page.',
        schema: publicationPage,
        example: { publications: [unpublished, published], nextCursor: null },
      },
    ],
    problems: [404],
  }),
};
