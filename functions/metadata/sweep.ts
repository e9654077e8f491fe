import type { Database } from '../platform/database.ts';
import { log } from '../platform/log.ts';
import { groupOf, type Queue } from '../platform/queue.ts';
import { type SweepDocument, sweepVersions } from '../versions/queries.ts';
import { metadataRequest } from './request.ts';

/** When a version is swept, and how often before it is given up. */
export interface SweepRules {
  afterSeconds: number;
  attempts: number;
}

/** Versions of one call: their answer stays far below the Data API's 1 MiB, whatever projects are called. */
const PAGE = 100;

/**
 * Queues again what has waited for its metadata too long, the oldest first, until nothing is left that is due or `until` (epoch ms) has
 * come. What the queue does not take is marked all the same and found by a later sweep. Beside a message still in the queue it does no harm:
 * the second one finds the metadata there.
 */
export async function sweep(
  database: Database,
  queue: Queue,
  { afterSeconds, attempts }: SweepRules,
  until: number,
): Promise<SweepDocument> {
  const all: SweepDocument = { versions: [], failed: [], waiting: 0, oldest_seconds: 0 };
  for (;;) {
    const page = await sweepVersions(database, afterSeconds, PAGE, attempts);
    all.versions.push(...page.versions);
    all.failed.push(...page.failed);
    Object.assign(all, { waiting: page.waiting, oldest_seconds: page.oldest_seconds });
    for (const { version_id: versionId, project_id: projectId } of page.failed)
      log.error('a version is given up: it has no metadata after all attempts', { versionId, projectId });
    const messages = page.versions.map(({ version_id: versionId, project_id: projectId }) => ({
      body: metadataRequest(projectId, versionId, {}),
      group: groupOf(projectId),
    }));
    const refused = await queue.sendBatch(messages);
    if (refused.length > 0)
      log.warn('the queue did not take swept versions; the next sweep comes for them', { versions: refused.length });
    if (refused.length > 0 || page.versions.length + page.failed.length < PAGE || Date.now() > until) return all;
  }
}
