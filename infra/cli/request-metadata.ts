import { metadataRequest } from '../../functions/metadata/request.ts';
import type { Database } from '../../functions/platform/database.ts';
import { groupOf, type Outgoing, type Queue } from '../../functions/platform/queue.ts';
import { sql } from '../../functions/platform/sql.ts';
import type { VersionKey } from '../../functions/versions/queries.ts';

/** Versions a call marks: their answer stays below the Data API's 1 MiB, whatever projects are called. */
const PAGE = 500;

/** How many deployed versions are older than the system and have no metadata, of one project or of all (null). */
export async function countWithoutMetadata(database: Database, project: string | null): Promise<number> {
  let count = 0;
  for (let after: string | null = ''; after !== null; ) {
    const page: { versions: number; after: string | null } = await database.document(
      sql`select version_history.count_without_metadata(${project}::text, ${after}::text)`,
    );
    count += page.versions;
    after = page.after;
  }
  return count;
}

/**
 * Marks these versions as pending and asks for their metadata, oldest id first, at most `most` of them. A version is marked before its message is sent, so
 * a second run asks for none twice; what the queue did not take is found by the sweep.
 *
 * @param onAsked called with the number of versions just requested
 * @returns how many were asked for, and of those, how many the queue did not take
 */
export async function requestMetadata(
  database: Database,
  queue: Queue,
  project: string | null,
  most: number,
  onAsked: (count: number) => void,
): Promise<{ asked: number; refused: number }> {
  const total = { asked: 0, refused: 0 };
  for (let after: string | null = ''; after !== null && total.asked < most; ) {
    const rows: (VersionKey | { after: string | null })[] = await database.documents(
      sql`select version_history.request_metadata(${project}::text, ${after}::text, ${Math.min(PAGE, most - total.asked)})`,
    );
    // The last row says where to go on, those before it are versions.
    ({ after } = rows.pop() as { after: string | null });
    const messages = (rows as VersionKey[]).map(
      ({ version_id, project_id }): Outgoing => ({
        body: metadataRequest(project_id, version_id, {}),
        group: groupOf(project_id),
      }),
    );
    const refused = await queue.sendBatch(messages);
    total.asked += messages.length;
    total.refused += refused.length;
    onAsked(messages.length);
  }
  return total;
}
