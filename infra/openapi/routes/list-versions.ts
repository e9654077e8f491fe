import { listQuery } from '../../../functions/versions/list.ts';
import { versionPage } from '../answers.ts';
import { example, ready } from '../example.ts';
import { operation } from '../operation.ts';
import { userId } from './caller.ts';

/** The hot path. */
export const listVersions = {
  'GET /projects/{projectId}/versions': operation({
    operationId: 'listVersions',
    summary: 'The versions of a project, newest first',
    path: { projectId: example.projectId },
    query: {
      schema: listQuery,
      means: {
        limit: 'How many at most.',
        offset: 'How many to skip; not together with `cursor`.',
        cursor: '`nextCursor` of the page before, as it came, with the same filters.',
        includeCheckpoints: 'Whether patches are listed too.',
        state: 'Which by publication.',
        showDeleted: 'Whether deleted versions are listed too.',
        userId,
      },
      example: { limit: 1 },
    },
    answers: [
      {
        status: 200,
        means: 'A page.',
        schema: versionPage,
        example: { versions: [ready], total: 1, nextCursor: null },
      },
    ],
    problems: [404],
  }),
};
