import { parse } from '../../functions/platform/parse.ts';
import type { Target } from '../../functions/versions/change-queries.ts';
import { listQuery, listVersions } from '../../functions/versions/list.ts';
import { recordEnd, recordStart } from '../../functions/versions/record.ts';
import type { MigratedDatabase } from './migrated-database.ts';

/** A ULID that can be told from others by its name: letters and digits. */
export const versionId = (name: string): string => `01J${name.toUpperCase().padStart(23, '0')}`;

/** A version of `owner`'s that can be published, as the pipeline records one. `end` replaces how the build ended; null: not yet. */
export async function build(
  { worker }: Pick<MigratedDatabase, 'worker'>,
  projectId: string,
  name: string,
  end: Parameters<typeof recordEnd>[3] | null = { status: 'deployed', artifactUrl: 'https://artifacts.example.com/1' },
): Promise<Target> {
  const target = { projectId, versionId: versionId(name), userId: 'owner' };
  await recordStart(worker, projectId, target.versionId, { userId: 'owner', prompt: 'Build a shop' });
  if (end) await recordEnd(worker, projectId, target.versionId, end);
  return target;
}

/** The newest versions of `owner`'s project that a list with this query shows. */
export async function list(
  { api }: Pick<MigratedDatabase, 'api'>,
  projectId: string,
  query: Record<string, string> = {},
) {
  const { userId: _, ...filters } = parse(listQuery, query);
  return (await listVersions(api, projectId, 'owner', filters)).versions;
}

/** An entry of the publication log, as the API answers it or as a test keeps it. */
export interface LogEntry {
  action: 'published' | 'unpublished';
  versionId: string;
  previousVersionId: string | null;
}

/**
 * What is published when the log is replayed, oldest entry first.
 *
 * @throws when an entry does not follow from those before it
 */
export function replayLog(log: readonly LogEntry[]): string | null {
  return log.reduce<string | null>((published, { action, versionId, previousVersionId }) => {
    if (previousVersionId !== published) throw new Error(`${versionId} follows ${previousVersionId}, not ${published}`);
    return action === 'published' ? versionId : null;
  }, null);
}
