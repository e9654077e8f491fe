import { ulid } from 'ulid';
import { answered, userClient } from '../../../functions/api-client/client.ts';
import { projectId, type Release, versionId } from './releases.ts';
import { pipelineClient, type ReplayTarget } from './replay.ts';

/**
 * What else happens to a project, after its releases: the newest one is published, then a rollback to the one before it; one build fails,
 * and one is running. Repeating it adds only another running build.
 */
export async function playOutcomes(target: ReplayTarget, releases: Release[]): Promise<void> {
  const [before, newest] = releases.slice(-2);
  if (before === undefined || newest === undefined) throw new Error('a rollback needs two releases');
  const user = userClient(target.api, target.token);
  const project = projectId(newest);

  const publish = (id: string, comment: string) =>
    answered(
      user.POST('/projects/{projectId}/versions/{versionId}/publish', {
        params: { path: { projectId: project, versionId: id } },
        body: { comment },
      }),
    );
  await publish(versionId(newest), 'The new release is live');
  const { id } = await answered(
    user.POST('/projects/{projectId}/versions/{versionId}/rollback', {
      params: {
        path: { projectId: project, versionId: versionId(before) },
        header: { 'idempotency-key': 'sample-rollback' },
      },
      body: { comment: 'The new release breaks the checkout' },
    }),
  );
  await publish(id, 'Back to the release before');

  const pipeline = pipelineClient(target.api);
  const start = (version: string, prompt: string, createdAt?: string) =>
    answered(
      pipeline.POST('/pipeline/projects/{projectId}/versions', {
        params: { path: { projectId: project } },
        body: { versionId: version, userId: target.userId, prompt, ...(createdAt && { createdAt }) },
      }),
    );
  // An hour after the last release; the id is the same at each repetition.
  const failedAt = new Date(Date.parse(newest.releasedAt) + 3_600_000).toISOString();
  const failed = versionId({ ...newest, version: 'failed', releasedAt: failedAt });
  await start(failed, 'Validate events against a schema', failedAt);
  await answered(
    pipeline.PATCH('/pipeline/projects/{projectId}/versions/{versionId}', {
      params: { path: { projectId: project, versionId: failed } },
      body: { status: 'failed' },
    }),
  );
  await start(ulid(), 'Add a middleware that warms functions up');
}
