import * as z from 'zod/mini';
import type { Database } from '../platform/database.ts';
import { Conflict, KeyReused, NotFound } from '../platform/errors.ts';
import type { Once } from '../platform/idempotency.ts';
import { count, identifier, jsonObject, text, ulid, url } from '../platform/text.ts';
import { insertVersion, updateBuildEnd } from './queries.ts';
import { toVersion, type Version } from './version.ts';

/** Clocks differ a little; a moment further ahead than this is a mistake. */
const CLOCK_SKEW_MS = 300_000;

/** A moment that has come, with its offset. Passed on in UTC: PostgreSQL knows no offsets past 15:59. */
const pastMoment = z.pipe(
  z.iso.datetime({ offset: true, error: 'must be a date and time as 2026-01-02T03:04:05Z' }).check(
    z.refine((value) => Date.parse(value) > 0, 'must be after 1970'),
    z.refine((value) => Date.parse(value) <= Date.now() + CLOCK_SKEW_MS, 'must not lie in the future'),
  ),
  z.transform((value) => new Date(value).toISOString()),
);

/** What a pipeline says when a build starts. `createdAt` is for importing a history; else the build starts now. */
export const buildStart = z.strictObject({
  versionId: z.optional(ulid),
  userId: identifier,
  prompt: text(100_000),
  enhancedPrompt: z.optional(text(100_000)),
  promptMetadata: z.optional(jsonObject(65_536)),
  framework: z.optional(text(100)),
  parentVersionId: z.optional(identifier),
  baseSnapshotId: z.optional(text(255)),
  nodeVersion: z.optional(text(50)),
  pnpmVersion: z.optional(text(50)),
  aiSessionId: z.optional(text(255)),
  createdAt: z.optional(pastMoment),
});

/** What a pipeline says when a build has ended. Sizes are bytes, durations milliseconds. */
export const buildEnd = z.strictObject({
  status: z.enum(['deployed', 'failed'], 'must be deployed or failed'),
  previewUrl: z.optional(url),
  artifactUrl: z.optional(url),
  // The table's own bounds: chk_artifact_size_limit and chk_artifact_checksum_format.
  artifactSize: z.optional(z.int().check(z.minimum(0), z.maximum(2_147_483_648))),
  artifactChecksum: z.optional(z.string().check(z.regex(/^[a-fA-F0-9]{64}$/, 'must be 64 hexadecimal digits'))),
  cfDeploymentId: z.optional(text(255)),
  buildDurationMs: z.optional(count),
  installDurationMs: z.optional(count),
  deployDurationMs: z.optional(count),
  outputSizeBytes: z.optional(count),
  gitCommitSha: z.optional(text(255)),
  gitTag: z.optional(text(100)),
  deployedAt: z.optional(pastMoment),
});

interface Statistics {
  filesChanged?: number | undefined;
  linesAdded?: number | undefined;
  linesRemoved?: number | undefined;
}

/**
 * Records the start of a build: the version is visible from now on. Repeating it is harmless.
 *
 * @returns the version, whether it was new, and whether an earlier request with the same idempotency key made it
 * @throws Conflict when the id is another build's, the project another user's, or the parent no version of it
 * @throws KeyReused
 */
export async function recordStart(
  database: Database,
  projectId: string,
  versionId: string,
  start: z.output<typeof buildStart>,
  once: Once | null = null,
): Promise<{ version: Version; created: boolean; replayed: boolean }> {
  const build = {
    project_id: projectId,
    version_id: versionId,
    user_id: start.userId,
    prompt: start.prompt,
    enhanced_prompt: start.enhancedPrompt,
    prompt_metadata: start.promptMetadata,
    framework: start.framework,
    parent_version_id: start.parentVersionId,
    base_snapshot_id: start.baseSnapshotId,
    node_version: start.nodeVersion,
    pnpm_version: start.pnpmVersion,
    ai_session_id: start.aiSessionId,
    created_at: start.createdAt,
  };
  const { outcome, version, replayed = false } = await insertVersion(database, build, once);
  if (outcome === 'key_reused') throw new KeyReused();
  if (outcome === 'unknown_parent') {
    throw new Conflict(outcome, 'The parentVersionId is no version of this project and user.');
  }
  if (outcome === 'owned_by_another') throw new Conflict(outcome, 'The project belongs to another user.');
  if (outcome === 'version_exists' || !version) {
    throw new Conflict('version_exists', 'The versionId is taken by another build: mint a new one.');
  }
  return { version: toVersion(version), created: outcome === 'created', replayed };
}

/**
 * Records the end of a build. Repeating the same report is harmless; a different one is refused.
 *
 * @throws NotFound when the project has no such version
 * @throws Conflict when the build has ended otherwise, or with other facts
 */
export async function recordEnd(
  database: Database,
  projectId: string,
  versionId: string,
  end: z.output<typeof buildEnd>,
  statistics: Statistics = {},
): Promise<Version> {
  const { outcome, version } = await updateBuildEnd(database, projectId, versionId, {
    status: end.status,
    preview_url: end.previewUrl,
    artifact_url: end.artifactUrl,
    artifact_size: end.artifactSize,
    artifact_checksum: end.artifactChecksum,
    cf_deployment_id: end.cfDeploymentId,
    build_duration_ms: end.buildDurationMs,
    install_duration_ms: end.installDurationMs,
    deploy_duration_ms: end.deployDurationMs,
    output_size_bytes: end.outputSizeBytes,
    git_commit_sha: end.gitCommitSha,
    git_tag: end.gitTag,
    deployed_at: end.deployedAt,
    files_changed: statistics.filesChanged,
    lines_added: statistics.linesAdded,
    lines_removed: statistics.linesRemoved,
  });
  if (outcome === 'not_found' || !version) throw new NotFound('There is no such version in this project.');
  if (outcome === 'already_ended') {
    throw new Conflict(outcome, `The build is recorded as ${version.status} already, with other facts.`);
  }
  return toVersion(version);
}
