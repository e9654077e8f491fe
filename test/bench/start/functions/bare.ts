import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';

const client = new RDSDataClient({});

/** The least a function can be that lists versions: the client of the SDK, and the one statement of list-versions. */
export const handler = async ({ pathParameters, requestContext }: APIGatewayProxyEventV2WithJWTAuthorizer) => {
  const { records = [] } = await client.send(
    new ExecuteStatementCommand({
      resourceArn: process.env.DATABASE_CLUSTER_ARN,
      secretArn: process.env.DATABASE_SECRET_ARN,
      database: process.env.DATABASE_NAME,
      sql: 'select version_history.list_versions(:project, :user, 21, null::bigint, null::text, true)',
      parameters: [
        { name: 'project', value: { stringValue: pathParameters?.projectId ?? '' } },
        { name: 'user', value: { stringValue: String(requestContext.authorizer.jwt.claims.sub) } },
      ],
    }),
  );
  return { statusCode: 200, body: `[${records.map(([field]) => field?.stringValue).join()}]` };
};
