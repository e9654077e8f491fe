import type { Database } from '../platform/database.ts';
import { json, sql } from '../platform/sql.ts';
import type { PageKey } from './cursor.ts';
import type { VersionRow } from './version.ts';

/** Which versions of a project a page shows. `published`: null shows both. */
export interface ListFilters {
  projectId: string;
  userId: string;
  includeCheckpoints: boolean;
  showDeleted: boolean;
  published: boolean | null;
}

/** Where a page starts and how long it is; `withTotal` counts the whole view as well. */
export interface PageRequest {
  limit: number;
  offset: number;
  after: PageKey | null;
  withTotal: boolean;
}

interface Page {
  found: boolean;
  total: number | null;
  versions: VersionRow[];
}

/** One page, one call: a walk down project_versions_default_view (or ..._history), 24 buffers for 21 rows at any depth. */
export async function selectPage(database: Database, filters: ListFilters, page: PageRequest): Promise<Page> {
  const documents = await database.documents<VersionRow | Omit<Page, 'versions'>>(sql`
    select public.list_versions_v1(
      ${filters.projectId}, ${filters.userId}, ${page.limit}, ${page.offset},
      ${page.after?.createdUs ?? null}, ${page.after?.versionId ?? null},
      ${filters.includeCheckpoints}, ${filters.showDeleted}, ${filters.published}, ${page.withTotal}
    )`);
  // The last row speaks of the page, those before it are the page.
  const summary = documents.pop() as Omit<Page, 'versions'>;
  return { ...summary, versions: documents as VersionRow[] };
}

/** Columns of project_versions by name, as the SQL functions take them. */
export type Columns = Record<string, string | number | boolean | object | null | undefined>;

export interface WriteDocument<Outcome extends string> {
  outcome: Outcome;
  version?: VersionRow;
}

/** Records the start of a build under its project's lock. */
export const insertVersion = (
  database: Database,
  build: Columns,
): Promise<WriteDocument<'created' | 'repeated' | 'version_exists' | 'owned_by_another' | 'unknown_parent'>> =>
  database.document(sql`select public.create_version_v1(${json(build)}::jsonb)`);

/** Records the end of a build; repeating the same report changes nothing. */
export const updateBuildEnd = (
  database: Database,
  projectId: string,
  versionId: string,
  report: Columns,
): Promise<WriteDocument<'recorded' | 'repeated' | 'already_ended' | 'not_found'>> =>
  database.document(sql`select public.record_build_end_v1(${projectId}, ${versionId}, ${json(report)}::jsonb)`);

/** What a batch of messages has to know of its versions; ids that do not exist are left out. */
export interface BuildRow {
  version_id: string;
  project_id: string;
  status: VersionRow['status'];
  metadata_status: VersionRow['metadata_status'];
  framework: string | null;
  prompt: string;
  first: boolean;
}

/** Reads the builds of a batch in one call. */
export const selectBuilds = (database: Database, versionIds: string[]): Promise<BuildRow[]> =>
  database.documents(sql`select public.read_builds_v1(${json(versionIds)}::jsonb)`);

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
    | 'failed'
    | 'error';
  sql_state?: string;
}

/** Numbers and writes the metadata of a batch in one call, each version in a sub-transaction of its own. */
export const updateMetadata = (database: Database, items: Columns[]): Promise<AppliedRow[]> =>
  database.document(sql`select public.apply_metadata_v1(${json(items)}::jsonb)`);
