import { RDSData } from '@aws-sdk/client-rds-data';
import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';
import { databaseFromEnv } from '../../../../functions/platform/env.ts';
import { kyselyList } from '../../kysely-list.ts';

const client = new RDSData({});

/** The list as a function written with kysely. */
export const handler = async ({ pathParameters, requestContext }: APIGatewayProxyEventV2WithJWTAuthorizer) => {
  const user = String(requestContext.authorizer.jwt.claims.sub);
  const page = await kyselyList(client, databaseFromEnv(), pathParameters?.projectId ?? '', user)();
  return { statusCode: 200, body: JSON.stringify(page) };
};
