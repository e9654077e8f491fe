import { RDSDataClient } from '@aws-sdk/client-rds-data';
import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';
import { databaseFromEnv } from '../../../../functions/platform/env.ts';
import { drizzleList } from '../../drizzle-list.ts';

const client = new RDSDataClient({});

/** The list as a function written with drizzle-orm. */
export const handler = async ({ pathParameters, requestContext }: APIGatewayProxyEventV2WithJWTAuthorizer) => {
  const user = String(requestContext.authorizer.jwt.claims.sub);
  const page = await drizzleList(client, databaseFromEnv(), pathParameters?.projectId ?? '', user)();
  return { statusCode: 200, body: JSON.stringify(page) };
};
