import { ExecuteStatementCommand, type RDSDataClient, type SqlParameter } from '@aws-sdk/client-rds-data';
import { Database } from '../../functions/platform/database.ts';
import type { PageKey } from '../../functions/versions/cursor.ts';
import { type PageRequest, selectPage } from '../../functions/versions/queries.ts';
import { type Endpoints, LOCAL_USER } from '../../infra/local/endpoints.ts';

// The plan's own words, numbered parameters made named ones and its cast of text to bigint done by the client.
const PLAN = `project_id = :project AND change_type IN ('minor', 'major') AND soft_deleted_at IS NULL`;
const PLAN_PAGE = `SELECT * FROM project_versions WHERE ${PLAN} ORDER BY created_at DESC LIMIT :limit OFFSET :offset`;
const PLAN_COUNT = `SELECT COUNT(*) FROM project_versions WHERE ${PLAN}`;

// What the plan set out to replace. The comparison is between text and character(26), as the two tables have them.
const OLD = `FROM project_versions pv JOIN project_versions_metadata pvm ON pv.version_id = pvm.version_id
  WHERE pv.project_id = :project AND pvm.change_type IN ('minor', 'major')`;
const OLD_PAGE = `SELECT pv.version_id, pv.status, pv.created_at, pv.preview_url, pvm.major_version, pvm.minor_version, pvm.patch_version,
  pvm.version_name, pvm.version_description, pvm.change_type ${OLD} ORDER BY pv.created_at DESC LIMIT :limit OFFSET :offset`;
const OLD_COUNT = `SELECT COUNT(*) ${OLD}`;

/** The database calls alone, through the SDK, without gateway and function. The plan's and the old ones as the tables' owner, who may see everything. */
export function openDataApi(client: RDSDataClient, { clusterArn, secretArn, loginSecretArns, database }: Endpoints) {
  const run = (sql: string, parameters: SqlParameter[] = []) =>
    client.send(new ExecuteStatementCommand({ resourceArn: clusterArn, secretArn, database, sql, parameters }));
  const pair = (page: string, count: string, of: string, offset: number) => {
    const project = { name: 'project', value: { stringValue: of } };
    const from = [
      { name: 'limit', value: { longValue: 20 } },
      { name: 'offset', value: { longValue: offset } },
    ];
    return Promise.all([run(page, [project, ...from]), run(count, [project])]);
  };
  // As the functions do, behind row-level security.
  const ours = new Database({ client, clusterArn, secretArn: loginSecretArns.api ?? secretArn, database });
  const list = (projectId: string, page: Partial<PageRequest>) =>
    selectPage(
      ours,
      {
        ...{ projectId, userId: LOCAL_USER, includeCheckpoints: false, showDeleted: false, published: null },
        ...{ type: null, status: null, sinceUs: null, untilUs: null, search: null },
      },
      { limit: 21, offset: 0, after: null, withTotal: false, ...page },
    );
  return {
    select1: () => run('select 1'),
    version: () => run('show server_version').then(({ records }) => records?.[0]?.[0]?.stringValue ?? 'unknown'),
    planPair: (project: string, offset: number) => pair(PLAN_PAGE, PLAN_COUNT, project, offset),
    oldJoin: (project: string, offset: number) => pair(OLD_PAGE, OLD_COUNT, project, offset),
    /** The one statement of the list. */
    list,
    /** Where the page after so many versions begins. */
    keyAfter: async (project: string, depth: number): Promise<PageKey> => {
      const { versions } = await list(project, { limit: 1, offset: depth - 1 });
      const [last] = versions;
      if (last === undefined) throw new Error(`${project} has no ${depth} versions`);
      return { createdUs: last.created_us, versionId: last.version_id };
    },
  };
}
