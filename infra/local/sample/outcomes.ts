import { answered, userClient } from '../../../functions/api-client/client.ts';
import { projectId, type Release, versionId } from './releases.ts';
import { endBuild, pipelineClient, type ReplayTarget, startBuild } from './replay.ts';

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
  const { userId } = target;
  // An hour after the last release; the id is the same at each repetition.
  const failedAt = new Date(Date.parse(newest.releasedAt) + 3_600_000).toISOString();
  const failed = versionId({ ...newest, version: 'failed', releasedAt: failedAt });
  await startBuild(pipeline, project, {
    versionId: failed,
    userId,
    prompt: 'Validate events against a schema',
    createdAt: failedAt,
  });
  await endBuild(pipeline, { projectId: project, versionId: failed }, { status: 'failed' });
  await startBuild(pipeline, project, { userId, prompt: 'Add a middleware that warms functions up' });
}
