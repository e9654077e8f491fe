import { ExecuteStatementCommand, RDSDataClient, type SqlParameter } from '@aws-sdk/client-rds-data';
import { Database } from '../../functions/platform/database.ts';
import { selectPage } from '../../functions/versions/queries.ts';
import type { Endpoints } from '../../infra/local/endpoints.ts';
import { ADMINISTRATOR } from '../../infra/local/permissions/credentials.ts';
import { busyProject, versionId } from './seed.ts';

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

/** The database calls alone, through the SDK, without gateway and function. */
export function openDataApi({ dataApi, region, clusterArn, secretArn, database }: Endpoints) {
  const client = new RDSDataClient({ endpoint: dataApi, region, credentials: ADMINISTRATOR });
  const target = { resourceArn: clusterArn, secretArn, database };
  const run = (sql: string, parameters: SqlParameter[] = []) =>
    client.send(new ExecuteStatementCommand({ ...target, sql, parameters }));
  const pair = (page: string, count: string, offset: number) => {
    const project = { name: 'project', value: { stringValue: busyProject } };
    const from = [
      { name: 'limit', value: { longValue: 20 } },
      { name: 'offset', value: { longValue: offset } },
    ];
    return Promise.all([run(page, [project, ...from]), run(count, [project])]);
  };
  const ours = new Database({ client, clusterArn, secretArn, database });
  return {
    select1: () => run('select 1'),
    planPair: (offset: number) => pair(PLAN_PAGE, PLAN_COUNT, offset),
    oldJoin: (offset: number) => pair(OLD_PAGE, OLD_COUNT, offset),
    /** The one statement of the list: the first page with its total, or the page after a moment in seconds. */
    list: (userId: string, afterSeconds: number | null) =>
      selectPage(
        ours,
        {
          ...{ projectId: busyProject, userId, includeCheckpoints: false, showDeleted: false, published: null },
          ...{ type: null, status: null, sinceUs: null, untilUs: null, search: null },
        },
        {
          limit: 21,
          offset: 0,
          after:
            afterSeconds === null
              ? null
              : { createdUs: (Date.now() - afterSeconds * 1000) * 1000, versionId: versionId(1) },
          withTotal: afterSeconds === null,
        },
      ),
    close: () => client.destroy(),
  };
}
