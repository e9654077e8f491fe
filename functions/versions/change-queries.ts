import type { Database } from '../platform/database.ts';
import type { Once } from '../platform/idempotency.ts';
import { json, sql } from '../platform/sql.ts';
import type { Columns, WriteDocument } from './queries.ts';
import type { VersionRow } from './version.ts';

/** A version as its owner names it. */
export interface Target {
  projectId: string;
  versionId: string;
  userId: string;
}

/** Why a version stays as it is: the request was right, the version is not. */
export type Refusal = 'deleted' | 'not_deployed' | 'artifact_missing' | 'published' | 'published_elsewhere';

/** What a change answers: a success with the version as it is now, `replayed` when an earlier request made it, or why not. */
export interface ChangeDocument extends WriteDocument<ChangeOutcome | Refusal | 'not_found' | 'key_reused'> {
  replayed?: boolean;
  published_version_id?: string | null;
}

type ChangeOutcome =
  | 'published'
  | 'unpublished'
  | 'created'
  | 'edited'
  | 'removed'
  | 'restored'
  /** It was so already. */
  | 'repeated';

const optional = (once: Once | null) => once && json(once);

/** `expected`: the version the caller takes for published, null for none; left out when it does not matter. */
export const publishVersion = (
  database: Database,
  { projectId, versionId, userId }: Target,
  change: { comment: string | undefined; expected: string | null | undefined },
  once: Once | null,
): Promise<ChangeDocument> =>
  database.document(
    sql`select version_history.publish_version(${projectId}, ${versionId}, ${userId}, ${json(change)}::jsonb, ${optional(once)}::jsonb)`,
  );

export const unpublishProject = (
  database: Database,
  { projectId, versionId, userId }: Target,
  change: { comment: string | undefined },
  once: Once | null,
): Promise<ChangeDocument> =>
  database.document(
    sql`select version_history.unpublish_project(${projectId}, ${versionId}, ${userId}, ${json(change)}::jsonb, ${optional(once)}::jsonb)`,
  );

/** `newId`: of the version this makes, minted by the caller, so that the call can be repeated. */
export const rollbackVersion = (
  database: Database,
  { projectId, versionId, userId }: Target,
  newId: string,
  change: { comment: string | undefined },
  once: Once | null,
): Promise<ChangeDocument> =>
  database.document(
    sql`select version_history.rollback_version(
      ${projectId}, ${versionId}, ${userId}, ${newId}, ${json(change)}::jsonb, ${optional(once)}::jsonb
    )`,
  );

export const updateMetadataByHand = (
  database: Database,
  { projectId, versionId, userId }: Target,
  change: Columns,
): Promise<ChangeDocument> =>
  database.document(
    sql`select version_history.edit_metadata(${projectId}, ${versionId}, ${userId}, ${json(change)}::jsonb)`,
  );

export const deleteVersion = (database: Database, { projectId, versionId, userId }: Target): Promise<ChangeDocument> =>
  database.document(sql`select version_history.delete_version(${projectId}, ${versionId}, ${userId})`);

export const restoreVersion = (
  database: Database,
  { projectId, versionId, userId }: Target,
  once: Once | null,
): Promise<ChangeDocument> =>
  database.document(
    sql`select version_history.restore_version(${projectId}, ${versionId}, ${userId}, ${optional(once)}::jsonb)`,
  );

/** The first row of a version, beside its recommendations. */
export interface VersionDetailsRow {
  item: VersionRow;
  full_description: string | null;
  reasoning: string | null;
  generator: 'document' | 'model' | 'rules' | null;
  attempts: number;
  ms: number | null;
  install_ms: number | null;
  build_ms: number | null;
  deploy_ms: number | null;
}

/** One version: its details, then the head of its recommendations and each of them, when it has some. Nothing: there is none. */
export const selectVersion = (
  database: Database,
  { projectId, versionId, userId }: Target,
  withPrompts: boolean,
): Promise<[] | [VersionDetailsRow, head?: object, ...recommendations: object[]]> =>
  database.documents(
    sql`select version_history.read_version(${projectId}, ${versionId}, ${userId}, ${withPrompts})`,
  ) as Promise<never>;

interface PublicationDocument {
  found: boolean;
  version?: VersionRow;
  rolled_back_from?: string | null;
}

export const selectPublication = (
  database: Database,
  projectId: string,
  userId: string,
): Promise<PublicationDocument> =>
  database.document(sql`select version_history.read_publication(${projectId}, ${userId})`);

/** One entry of a project's publication log. `previous_version_id`: what was published before it. */
export interface PublicationRow {
  id: number;
  action: 'published' | 'unpublished';
  version_id: string;
  previous_version_id: string | null;
  user_id: string;
  comment: string | null;
  at: string;
}

/** At most `limit` entries older than the entry `before`, newest first. */
export async function selectPublications(
  database: Database,
  projectId: string,
  userId: string,
  limit: number,
  before: number | null,
): Promise<{ found: boolean; publications: PublicationRow[] }> {
  const documents = await database.documents<PublicationRow | { found: boolean }>(
    sql`select version_history.list_publications(${projectId}, ${userId}, ${limit}, ${before}::bigint)`,
  );
  const { found } = documents.pop() as { found: boolean };
  return { found, publications: documents as PublicationRow[] };
}
