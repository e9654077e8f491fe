import type { Database } from '../platform/database.ts';
import type { Once } from '../platform/idempotency.ts';
import { json, type Sql, sql } from '../platform/sql.ts';
import type { PageKey } from './cursor.ts';
import type { VersionRow } from './version.ts';

/**
 * Which versions of a project a page shows; null is a filter that is off. `since` counts, `until` does not (microseconds since
 * 1970); `search` matches name and description, ignoring case.
 */
export interface ListFilters {
  projectId: string;
  userId: string;
  includeCheckpoints: boolean;
  showDeleted: boolean;
  published: boolean | null;
  type: VersionRow['change_type'];
  status: VersionRow['status'] | null;
  sinceUs: number | null;
  untilUs: number | null;
  search: string | null;
}

/** Where a page starts and how long it is; `withTotal` counts the whole view as well. */
export interface PageRequest {
  limit: number;
  offset: number;
  after: PageKey | null;
  withTotal: boolean;
}

/** `resume` is where a search continues that read its share of versions without filling its page. */
interface Page {
  found: boolean;
  total: number | null;
  versions: VersionRow[];
  resume: PageKey | null;
}

/** The last row of a page's answer. */
interface PageSummary {
  found: boolean;
  total: number | null;
  resume_us: number | null;
  resume_id: string | null;
}

/** One page, one call: a walk down the index of the view, 6 to 26 buffers for 21 rows at any depth; a search reads up to 2,000 rows. */
export async function selectPage(database: Database, filters: ListFilters, page: PageRequest): Promise<Page> {
  const documents = await database.documents<VersionRow | PageSummary>(
    isDefault(filters) && page.offset === 0 ? defaultView(filters, page) : filteredView(filters, page),
  );
  // The last row speaks of the page, those before it are the page.
  const { found, total, resume_us, resume_id } = documents.pop() as PageSummary;
  const resume = resume_us !== null && resume_id !== null ? { createdUs: resume_us, versionId: resume_id } : null;
  return { found, total, resume, versions: documents as VersionRow[] };
}

/** Whether a page is one of the default view, without any filter: it has a statement of its own, which is planned once. */
const isDefault = ({ projectId: _, userId: __, includeCheckpoints, showDeleted, ...filters }: ListFilters): boolean =>
  !includeCheckpoints && !showDeleted && Object.values(filters).every((filter) => filter === null);

const defaultView = ({ projectId, userId }: ListFilters, { limit, after, withTotal }: PageRequest): Sql => sql`
  select version_history.list_versions(
    ${projectId}, ${userId}, ${limit}, ${after?.createdUs ?? null}::bigint, ${after?.versionId ?? null}::text, ${withTotal}
  )`;

const filteredView = (filters: ListFilters, { limit, offset, after, withTotal }: PageRequest): Sql => sql`
  select version_history.list_filtered_versions(
    ${filters.projectId}, ${filters.userId}, ${limit}, ${offset}, ${after?.createdUs ?? null}::bigint, ${after?.versionId ?? null}::text,
    ${filters.includeCheckpoints}, ${filters.showDeleted}, ${filters.published}::boolean, ${filters.type}::text, ${filters.status}::text,
    ${filters.sinceUs}::bigint, ${filters.untilUs}::bigint, ${filters.search}::text, ${withTotal}
  )`;

/** Columns of project_versions by name, as the SQL functions take them. */
export type Columns = Record<string, string | number | boolean | object | null | undefined>;

export interface WriteDocument<Outcome extends string> {
  outcome: Outcome;
  version?: VersionRow;
}

type CreatedDocument = WriteDocument<
  'created' | 'repeated' | 'version_exists' | 'owned_by_another' | 'unknown_parent' | 'key_reused'
>;

/** Records the start of a build under its project's lock; `replayed` when an earlier request with the same key did. */
export const insertVersion = (
  database: Database,
  build: Columns,
  once: Once | null = null,
): Promise<CreatedDocument & { replayed?: boolean }> =>
  database.document(sql`select version_history.create_version(${json(build)}::jsonb, ${once && json(once)}::jsonb)`);

/** Records the end of a build; repeating the same report changes nothing. */
export const updateBuildEnd = (
  database: Database,
  projectId: string,
  versionId: string,
  report: Columns,
): Promise<WriteDocument<'recorded' | 'repeated' | 'already_ended' | 'not_found'>> =>
  database.document(sql`select version_history.record_build_end(${projectId}, ${versionId}, ${json(report)}::jsonb)`);

/** What a batch of messages has to know of its versions; ids that do not exist are left out. */
export interface BuildRow {
  version_id: string;
  project_id: string;
  status: VersionRow['status'];
  metadata_status: VersionRow['metadata_status'];
  framework: string | null;
  prompt: string;
}

/** What a batch may spend on a model: `calls` it would like, `cap` there are a day, for all batches. */
export interface ModelBudget {
  batchId: string;
  calls: number;
  cap: number;
}

/** Reads the builds of a batch, and reserves its model calls, in one call. */
export async function selectBuilds(
  database: Database,
  versionIds: string[],
  budget: ModelBudget | null,
): Promise<{ builds: BuildRow[]; modelCalls: number }> {
  const documents = await database.documents<BuildRow | { model_calls: number }>(
    sql`select version_history.read_builds(
      ${json(versionIds)}::jsonb, ${budget?.batchId ?? null}::text, ${budget?.calls ?? 0}, ${budget?.cap ?? 0}
    )`,
  );
  // The last row speaks of the model, those before it are builds.
  const { model_calls: modelCalls } = documents.pop() as { model_calls: number };
  return { builds: documents as BuildRow[], modelCalls };
}

/** What became of one item of a batch, by the key it was sent with. `error` carries the SQLSTATE; nothing of it was written. */
export interface AppliedRow {
  key: string;
  outcome:
    | 'applied'
    | 'repeated'
    | 'overridden'
    | 'unknown'
    | 'other_project'
    | 'not_deployed'
    | 'build_failed'
    | 'noted'
    | 'failed'
    | 'error';
  sql_state?: string;
}

/**
 * Numbers and writes the metadata of a batch in one call, each version in a sub-transaction of its own, and settles what the batch
 * reserved: `spent` of its model calls were made.
 */
export const updateMetadata = (
  database: Database,
  items: Columns[],
  spent: { batchId: string; calls: number } | null = null,
): Promise<AppliedRow[]> =>
  database.document(
    sql`select version_history.apply_metadata(${json(items)}::jsonb, ${spent?.batchId ?? null}::text, ${spent?.calls ?? 0})`,
  );

/** A version whose metadata is asked for. */
export interface VersionKey {
  version_id: string;
  project_id: string;
}

/** What a sweep found. `waiting` counts up to 10,000 deployed versions without metadata; `oldest_seconds`: how long the first has waited. */
export interface SweepDocument {
  versions: VersionKey[];
  failed: VersionKey[];
  waiting: number;
  oldest_seconds: number;
}

type SweepRow = (VersionKey & { failed: boolean }) | Pick<SweepDocument, 'waiting' | 'oldest_seconds'>;

/** Marks what has waited `afterSeconds` as queued again, or as failed after `requeues` times; at most `limit` versions. */
export async function sweepVersions(
  database: Database,
  afterSeconds: number,
  limit: number,
  requeues: number,
): Promise<SweepDocument> {
  const rows = await database.documents<SweepRow>(
    sql`select version_history.sweep_metadata(${afterSeconds}, ${limit}, ${requeues})`,
  );
  // The last row speaks of all that wait, those before it are what was due.
  const state = rows.pop() as Pick<SweepDocument, 'waiting' | 'oldest_seconds'>;
  const due = rows as (VersionKey & { failed: boolean })[];
  return { ...state, versions: due.filter(({ failed }) => !failed), failed: due.filter(({ failed }) => failed) };
}
