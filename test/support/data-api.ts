import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  type Field,
  RDSDataClient,
  RollbackTransactionCommand,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import type { Limits } from '../../infra/local/data-api/limits.ts';
import { type DataApi, startDataApi } from '../../infra/local/data-api/server.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

const CLUSTER_ARN = 'arn:aws:rds:us-east-1:000000000000:cluster:test';
const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:test';

interface EndpointOptions {
  limits?: Partial<Limits>;
  strict?: boolean;
  nulls?: 'untyped' | 'text';
  warn?: (message: string) => void;
  /** Calls the SDK makes in all for one command; 1: no retries, so that a test sees each answer. */
  maxAttempts?: number;
}

/** A Data API endpoint over a database of its own, and the real SDK to call it with. */
export async function testEndpoint(options: EndpointOptions = {}) {
  const { maxAttempts = 1, ...server } = options;
  const database = await createTestDatabase();
  const api: DataApi = await startDataApi({
    ...server,
    postgres: database,
    clusters: [{ clusterArn: CLUSTER_ARN }],
    secrets: new Map([
      [SECRET_ARN, { username: database.user, password: database.password }],
      [`${SECRET_ARN}-wrong-password`, { username: database.user, password: 'wrong' }],
    ]),
  });
  const target = { resourceArn: CLUSTER_ARN, secretArn: SECRET_ARN, database: database.database };
  const client = new RDSDataClient({
    endpoint: api.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
  });
  return {
    api,
    client,
    target,
    /** ExecuteStatement. */
    execute: (sql: string, parameters: SqlParameter[] = [], rest: Partial<ExecuteStatementCommandInput> = {}) =>
      client.send(new ExecuteStatementCommand({ ...target, sql, parameters, ...rest })),
    batch: (sql: string, parameterSets: SqlParameter[][], transactionId?: string) =>
      client.send(new BatchExecuteStatementCommand({ ...target, sql, parameterSets, transactionId })),
    begin: async () => (await client.send(new BeginTransactionCommand(target))).transactionId as string,
    commit: (transactionId: string) => client.send(new CommitTransactionCommand({ ...target, transactionId })),
    rollback: (transactionId: string) => client.send(new RollbackTransactionCommand({ ...target, transactionId })),
    /** The one value a statement returns. */
    async value(sql: string, ...parameters: SqlParameter[]): Promise<Field | undefined> {
      const { records } = await client.send(new ExecuteStatementCommand({ ...target, sql, parameters }));
      return records?.[0]?.[0];
    },
    /** A request no SDK would send. */
    raw: (path: string, body: string, headers: Record<string, string> = SIGNED) =>
      fetch(api.url + path, { method: 'POST', body, headers }),
    close: () => closeAll(client, api, database),
  };
}

export type TestEndpoint = Awaited<ReturnType<typeof testEndpoint>>;

/** What a request must carry; the endpoint does not compute signatures. */
export const SIGNED = {
  authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/rds-data/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
};

/** A named parameter. */
export const param = (name: string, value: Field, typeHint?: SqlParameter['typeHint']): SqlParameter => ({
  name,
  value,
  ...(typeHint === undefined ? {} : { typeHint }),
});

async function closeAll(client: RDSDataClient, api: DataApi, database: TestDatabase): Promise<void> {
  client.destroy();
  await api.close();
  await database.drop();
}
