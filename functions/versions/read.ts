import type { Database } from '../platform/database.ts';
import { noSuchVersion } from './change.ts';
import { selectVersion, type Target } from './change-queries.ts';
import { toVersion, type Version } from './version.ts';

/** One version with all that is known of it. `recommendations` is the finished document, without prompts unless asked for. */
export interface VersionDetails extends Version {
  projectId: string;
  fullDescription: string | null;
  reasoning: string | null;
  /** Where the metadata came from, in how many deliveries, and how long generating took, in milliseconds. */
  metadataGenerator: 'document' | 'model' | 'rules' | null;
  metadataAttempts: number;
  metadataMs: number | null;
  /** Milliseconds of the parts of the build, as the pipeline reported them. */
  durations: { installMs: number | null; buildMs: number | null; deployMs: number | null };
  recommendations: object | null;
}

/** Reads one version. `withPrompts`: the prompts of recommendations go to the version's owner alone. @throws NotFound */
export async function readVersion(database: Database, target: Target, withPrompts: boolean): Promise<VersionDetails> {
  const [details, head, ...recommendations] = await selectVersion(database, target, withPrompts);
  if (!details) throw noSuchVersion();
  return {
    ...toVersion(details.item),
    projectId: details.item.project_id,
    fullDescription: details.full_description,
    reasoning: details.reasoning,
    metadataGenerator: details.generator,
    metadataAttempts: details.attempts,
    metadataMs: details.ms,
    durations: { installMs: details.install_ms, buildMs: details.build_ms, deployMs: details.deploy_ms },
    recommendations: head ? { ...head, recommendations } : null,
  };
}
