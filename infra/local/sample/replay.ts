import { setTimeout as sleep } from 'node:timers/promises';
import type { VersionPage } from '../../../functions/versions/list.ts';
import type { Version } from '../../../functions/versions/version.ts';
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
 * its message), and wait until its metadata shows in the list, as it would long before a real project's next build.
 * Repeating a release changes nothing.
 */
export async function replay(target: ReplayTarget, releases: Release[], onDone: () => void): Promise<void> {
  for (const release of releases) {
    await send(target, 'POST', release, '', {
      versionId: versionId(release),
      userId: target.userId,
      prompt: release.commits.join('\n') || `Release ${release.version}`,
      createdAt: release.releasedAt,
    });
    const { metadataStatus } = (await send(target, 'PATCH', release, `/${versionId(release)}`, {
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
    })) as Version;
    if (metadataStatus !== 'ready') await metadataOf(target, release);
    onDone();
  }
}

/** The finished document a pipeline's own model would have written. */
const document = ({ version, changeType, commits }: Release) => ({
  schemaVersion: 1,
  recommendations: [],
  project_info: {
    type: 'library',
    framework: 'none',
    version,
    version_description: commits[0] || `Release ${version}`,
    change_type: changeType,
    breaking_risk: { major: 'high', minor: 'low', patch: 'none' }[changeType],
  },
});

async function metadataOf(target: ReplayTarget, release: Release): Promise<void> {
  const end = Date.now() + METADATA_WAIT_MS;
  while (Date.now() < end) {
    const { versions } = await listVersions(target, projectId(release), 'limit=5&includeCheckpoints=true');
    if (versions.find(({ id }) => id === versionId(release))?.metadataStatus === 'ready') return;
    await sleep(10);
  }
  throw new Error(
    `the metadata of ${projectId(release)} ${release.version} did not arrive within ${METADATA_WAIT_MS / 1000} s: see the log of generate-metadata`,
  );
}

/** A page of a project's history, as a front end reads it. */
export async function listVersions({ api, token }: ReplayTarget, project: string, query: string): Promise<VersionPage> {
  const response = await fetch(`${api}/projects/${project}/versions?${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return (await jsonOf(response)) as VersionPage;
}

async function send(
  { api }: ReplayTarget,
  method: string,
  release: Release,
  path: string,
  body: object,
): Promise<unknown> {
  return jsonOf(await signedFetch(method, `${api}/pipeline/projects/${projectId(release)}/versions${path}`, body));
}

async function jsonOf(response: Response): Promise<unknown> {
  if (response.ok) return response.json();
  throw new Error(`${new URL(response.url).pathname} answered ${response.status}: ${await response.text()}`);
}
