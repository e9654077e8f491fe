import * as z from 'zod';
import { metadataInput } from '../../../functions/metadata/request.ts';
import { buildEnd, buildStart } from '../../../functions/versions/record.ts';
import { version } from '../answers.ts';
import { building, deployed, example } from '../example.ts';
import { operation } from '../operation.ts';

/** What the pipeline reports. */
export const recordVersion = {
  'POST /pipeline/projects/{projectId}/versions': operation({
    operationId: 'startBuild',
    summary: 'A build starts',
    description:
      'The version is visible from now on. Repeating the same report is harmless: 201 the first time, 200 after. A project belongs to the user of its first version.',
    path: { projectId: example.projectId },
    body: {
      schema: buildStart,
      means: {
        versionId: 'A ULID minted by the pipeline, so that a report can be repeated; minted here when left out.',
        userId: 'Whose project it is.',
        prompt: 'What the build was asked to make.',
        enhancedPrompt: 'The prompt as it went to the model.',
        promptMetadata: 'Anything about the prompt, at most 64 KiB of JSON.',
        framework: 'Such as `react`.',
        parentVersionId: 'The version it was made from.',
        baseSnapshotId: 'The snapshot it was made from.',
        nodeVersion: 'Of the build.',
        pnpmVersion: 'Of the build.',
        aiSessionId: 'The session that made it.',
        createdAt: 'For importing a history; now when left out. Not in the future.',
      },
      example: {
        versionId: example.versionId,
        userId: example.userId,
        prompt: 'Add a search field to the shop',
        framework: 'react',
        createdAt: example.startedAt,
      },
    },
    answers: [
      { status: 200, means: 'It was recorded before.', schema: version, example: building },
      { status: 201, means: 'It is recorded.', schema: version, example: building },
    ],
    problems: [409],
  }),
  'PATCH /pipeline/projects/{projectId}/versions/{versionId}': operation({
    operationId: 'endBuild',
    summary: 'A build has ended',
    description:
      'Deployed or failed. `deployed` asks for the version’s metadata. Repeating the same report is harmless; a different one is a 409.',
    path: { projectId: example.projectId, versionId: example.versionId },
    body: {
      schema: z.strictObject({ ...buildEnd.shape, ...metadataInput }),
      means: {
        status: 'How it ended.',
        previewUrl: 'Where the version can be seen.',
        artifactUrl: 'Where its artifact lies; without one it can be neither previewed nor published.',
        artifactSize: 'Bytes.',
        artifactChecksum: 'SHA-256 of the artifact.',
        cfDeploymentId: 'The id of the deployment at the hosting service.',
        buildDurationMs: 'Milliseconds.',
        installDurationMs: 'Milliseconds.',
        deployDurationMs: 'Milliseconds.',
        outputSizeBytes: 'Bytes.',
        gitCommitSha: 'The commit that was built.',
        gitTag: 'The tag that was built.',
        deployedAt: 'For importing a history; now when left out. Not in the future.',
        isInitialBuild: 'Whether it is the project’s first.',
        changes: 'What changed since the version before.',
        recommendations:
          'The finished document of the pipeline’s own model, at most 64 KiB of JSON. Without it the metadata is made from `changes`.',
      },
      example: {
        status: 'deployed',
        previewUrl: 'https://shop-1.example.com',
        artifactUrl: 'https://artifacts.example.com/shop/1.tgz',
        deployedAt: example.deployedAt,
        changes: { filesChanged: 3, linesAdded: 120, linesRemoved: 4, commits: ['Add search'] },
      },
    },
    answers: [{ status: 200, means: 'It is recorded.', schema: version, example: deployed }],
    problems: [404, 409],
  }),
};
