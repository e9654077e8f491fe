import { setTimeout as sleep } from 'node:timers/promises';
import { answered, signedClient, userClient, type VersionsClient } from '../../../functions/api-client/client.ts';
import type { paths } from '../../../functions/api-client/paths.ts';
import { signedFetch } from '../signed-fetch.ts';
import { projectId, type Release, versionId } from './releases.ts';

/** Where to replay to, and as whom: the token's subject owns the projects. */
export interface ReplayTarget {
  api: string;
  token: string;
  userId: string;
}

const METADATA_WAIT_MS = 60_000;

/**
 * Sends releases through the pipeline a deployment uses: create the version as its build starts, report it deployed (which queues
 * its message), and wait until its metadata is there, as it would long before a real project's next build.
 * Repeating a release changes nothing.
 */
export async function replay(target: ReplayTarget, releases: Release[], onDone: () => void): Promise<void> {
  const pipeline = pipelineClient(target.api);
  const user = userClient(target.api, target.token);
  for (const release of releases) {
    await start(pipeline, release, target.userId);
    const { metadataStatus } = await end(pipeline, release);
    if (metadataStatus !== 'ready') await metadataOf(user, release);
    onDone();
  }
}

/** The API as the deploy pipeline calls it. */
export const pipelineClient = (api: string): VersionsClient =>
  signedClient(api, async (request) =>
    signedFetch(request.method, request.url, await request.text(), 'application/json'),
  );

type Json<Operation extends { requestBody: { content: { 'application/json': unknown } } }> =
  Operation['requestBody']['content']['application/json'];

/** Reports that a build starts. */
export const startBuild = (
  pipeline: VersionsClient,
  project: string,
  body: Json<paths['/pipeline/projects/{projectId}/versions']['post']>,
) =>
  answered(
    pipeline.POST('/pipeline/projects/{projectId}/versions', { params: { path: { projectId: project } }, body }),
  );

/** Reports that a build has ended. */
export const endBuild = (
  pipeline: VersionsClient,
  path: { projectId: string; versionId: string },
  body: Json<paths['/pipeline/projects/{projectId}/versions/{versionId}']['patch']>,
) => answered(pipeline.PATCH('/pipeline/projects/{projectId}/versions/{versionId}', { params: { path }, body }));

const start = (pipeline: VersionsClient, release: Release, userId: string) =>
  startBuild(pipeline, projectId(release), {
    versionId: versionId(release),
    userId,
    prompt: release.commits.join('\n') || `Release ${release.version}`,
    createdAt: startedAt(release),
  });

const end = (pipeline: VersionsClient, release: Release) =>
  endBuild(
    pipeline,
    { projectId: projectId(release), versionId: versionId(release) },
    {
      status: 'deployed',
      deployedAt: release.releasedAt,
      artifactUrl: `https://artifacts.example.com/${projectId(release)}/${release.version}.tgz`,
      previewUrl: `https://${release.version.replaceAll('.', '-')}.${projectId(release)}.example.com`,
      gitTag: release.version,
      changes: {
        filesChanged: release.filesChanged,
        linesAdded: release.linesAdded,
        linesRemoved: release.linesRemoved,
        commits: release.commits,
      },
      recommendations: document(release),
    },
  );

const SHORTEST_BUILD_MS = 20_000;
const LONGEST_BUILD_MS = 180_000;

/** Releases do not tell how long they took to build: made up here, the longer the more lines changed, and always ended before the next one began. */
function startedAt({ releasedAt, linesAdded, linesRemoved }: Release): string {
  const took = Math.min(SHORTEST_BUILD_MS + 100 * (linesAdded + linesRemoved), LONGEST_BUILD_MS);
  return new Date(Date.parse(releasedAt) - took).toISOString();
}

const RISK = { major: 'high', minor: 'low', patch: 'none' } as const;

/** The finished document a pipeline's own model would have written. */
const document = ({ version, changeType, commits }: Release) => ({
  schemaVersion: 1 as const,
  recommendations: [],
  project_info: {
    type: 'library',
    framework: 'none',
    version,
    version_description: commits[0] || `Release ${version}`,
    change_type: changeType,
    breaking_risk: RISK[changeType],
  },
});

async function metadataOf(user: VersionsClient, release: Release): Promise<void> {
  const giveUp = Date.now() + METADATA_WAIT_MS;
  const path = { projectId: projectId(release), versionId: versionId(release) };
  while (Date.now() < giveUp) {
    const { metadataStatus } = await answered(
      user.GET('/projects/{projectId}/versions/{versionId}', { params: { path } }),
    );
    if (metadataStatus === 'ready') return;
    await sleep(10);
  }
  throw new Error(
    `the metadata of ${path.projectId} ${release.version} did not arrive within ${METADATA_WAIT_MS / 1000} s: see the log of generate-metadata`,
  );
}
