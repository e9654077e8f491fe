import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';

/** The SDK loaded and a client made, and no call. */
export const loaded = [new RDSDataClient({}), ExecuteStatementCommand];

export const handler = async () => ({ statusCode: 200 });
