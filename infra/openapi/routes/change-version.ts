import * as z from 'zod';
import { editRequest } from '../../../functions/versions/edit.ts';
import { publishRequest, unpublishRequest } from '../../../functions/versions/publish.ts';
import { rollbackRequest } from '../../../functions/versions/rollback.ts';
import { version } from '../answers.ts';
import { edited, example, live, removed, rolledBack, takenOff } from '../example.ts';
import { operation } from '../operation.ts';
import { callerQuery } from './caller.ts';

const project = { projectId: example.projectId };
const target = { ...project, versionId: example.versionId };
const comment = 'Why; shown beside the version.';

/** What a user may change about a version. */
export const changeVersion = {
  'PATCH /projects/{projectId}/versions/{versionId}/metadata': operation({
    operationId: 'editMetadata',
    summary: 'Write what a version is called and what kind of change it is',
    description: 'At least one of the three. Nothing generated overwrites it afterwards. The number stays.',
    path: target,
    query: callerQuery,
    body: {
      schema: editRequest,
      means: { name: 'A short name.', description: 'What changed.', type: 'The kind of change.' },
      example: { name: 'Search', description: 'A search field on every page' },
      notEmpty: true,
    },
    answers: [{ status: 200, means: 'It is written.', schema: version, example: edited }],
    problems: [404, 409],
  }),
  'POST /projects/{projectId}/versions/{versionId}/publish': operation({
    operationId: 'publishVersion',
    summary: 'Publish a version instead of the one that is',
    description: 'Publishing what is published already is a success and changes nothing.',
    path: target,
    query: callerQuery,
    body: {
      schema: publishRequest,
      means: {
        comment,
        expectedPublishedVersionId:
          'The version you take for published, null for none. When another one is, nothing is changed: a 409 with the reason `published_elsewhere`.',
      },
      example: { comment: 'Ready for the spring sale', expectedPublishedVersionId: null },
      optional: true,
    },
    answers: [{ status: 200, means: 'It is published.', schema: version, example: live }],
    problems: [404, 409],
  }),
  'POST /projects/{projectId}/unpublish': operation({
    operationId: 'unpublishProject',
    summary: 'Take the published version off',
    description: 'It is named, so that a request that comes late takes off no other one.',
    path: project,
    query: callerQuery,
    body: {
      schema: unpublishRequest,
      means: { versionId: 'The published version.', comment },
      example: { versionId: example.versionId, comment: 'The sale is over' },
    },
    answers: [{ status: 200, means: 'Nothing is published.', schema: version, example: takenOff }],
    problems: [404, 409],
  }),
  'POST /projects/{projectId}/versions/{versionId}/rollback': operation({
    operationId: 'rollBack',
    summary: 'Make a new version of an old one’s artifact',
    description: 'Its type is `rollback` and its parent the old one. Publishing it is a step of its own.',
    path: target,
    query: callerQuery,
    body: {
      schema: rollbackRequest,
      means: { comment },
      example: { comment: 'Back to the first search' },
      optional: true,
    },
    answers: [{ status: 201, means: 'The new version.', schema: version, example: rolledBack }],
    problems: [404, 409],
  }),
  'DELETE /projects/{projectId}/versions/{versionId}': operation({
    operationId: 'deleteVersion',
    summary: 'Hide a version from the history',
    description: 'It can be restored. The published one cannot be deleted. Deleting it again is a success.',
    path: target,
    query: callerQuery,
    answers: [{ status: 200, means: 'It is deleted.', schema: version, example: removed }],
    problems: [404, 409],
  }),
  'POST /projects/{projectId}/versions/{versionId}/restore': operation({
    operationId: 'restoreVersion',
    summary: 'Show a deleted version again',
    description: 'One that is not deleted stays as it is.',
    path: target,
    query: callerQuery,
    body: { schema: z.strictObject({}), means: {}, example: {}, optional: true },
    answers: [{ status: 200, means: 'It is restored.', schema: version, example: takenOff }],
    problems: [404],
  }),
};
