import * as z from 'zod';
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
        type: 'Only this kind of change.',
        status: 'Only with this status.',
        since: 'Only created then or later. No finer than milliseconds, 1970 to 2200.',
        until: 'Only created before then.',
        q: 'Only with this text in the name or the description. A page may then hold fewer than `limit`, and even none, while `nextCursor` goes on: it looks at 2,000 versions at a time.',
        showDeleted: 'Whether deleted versions are listed too.',
        userId,
      },
      example: { limit: 1 },
    },
    conditional: true,
    answers: [
      {
        status: 200,
        means: 'A page.',
        headers: z.object({
          link: z.string().optional().describe('`<...>; rel="next"`: the address of the next page, when there is one.'),
        }),
        schema: versionPage,
        example: { versions: [ready], total: 1, nextCursor: null },
      },
    ],
    problems: [404],
  }),
};
