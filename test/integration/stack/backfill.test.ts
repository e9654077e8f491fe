import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyMigrations } from '../../../functions/migrations/runner.ts';
import { Database } from '../../../functions/platform/database.ts';
import { compileMigrations } from '../../../infra/build/compile-migrations.ts';
import { ADMINISTRATOR } from '../../../infra/local/permissions/credentials.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { legacyTables } from '../../support/legacy-database.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { eventually } from '../../support/wait.ts';

let stack: LocalStack;
let close: () => Promise<void>;
let admin: pg.Client;
beforeAll(async () => {
  ({ stack, close } = await startTestStack());
  admin = new pg.Client(stack.postgres.url(undefined, undefined, stack.endpoints.database));
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await close();
});

const LEASE = 'update version_history.migration_lease';

test('a backfill goes on after its deployment, by messages that its own role receives and sends, when nobody else migrates', async () => {
  const worker = stack.function('ContinueMigrations');
  expect(stack.outputs.Backfill).toBe('done');
  // As if the deployment had met an old database, and ended when the report was all that was left.
  const { rows: owners } = await admin.query(
    `select tableowner as name from pg_tables where tablename = 'project_versions'`,
  );
  await admin.query('drop schema version_history cascade; drop table project_versions');
  await admin.query(`set role ${owners[0].name}; ${await legacyTables()} reset role`);
  const migrations = await compileMigrations();
  const owner = new Database({
    ...{
      clusterArn: stack.endpoints.clusterArn,
      secretArn: stack.endpoints.secretArn,
      database: stack.endpoints.database,
    },
    client: new RDSDataClient({
      ...{
        endpoint: stack.endpoints.dataApi,
        region: stack.endpoints.region,
        credentials: ADMINISTRATOR,
        maxAttempts: 1,
      },
    }),
  });
  const log = { info: () => {}, warn: () => {} };
  const until = Date.now() + 60_000;
  await applyMigrations({ database: owner, migrations, through: 'expand', holder: 'a deployment', until, log });
  const backfills = migrations.filter(({ phase }) => phase === 'backfill').map(({ name }) => name);
  await admin.query(`${LEASE} set holder = 'deployment 1 of another', expires_at = now() + interval '1 minute'`);
  const { sqs: endpoint, region } = stack.endpoints;
  const client = new SQSClient({ endpoint, region, credentials: ADMINISTRATOR });
  const message = { type: 'continue-migrations', since: new Date().toISOString() };
  await client.send(
    new SendMessageCommand({ QueueUrl: stack.outputs.MigrationsQueueUrl, MessageBody: JSON.stringify(message) }),
  );
  client.destroy();

  await eventually('a turn in vain', async () => worker.log.some((line) => line.includes('the backfill goes on')));
  await admin.query(`${LEASE} set holder = null, expires_at = '-infinity'`);
  await eventually('the end', async () => worker.log.some((line) => line.includes('the backfill is done')));
  expect(worker.log.filter((line) => line.includes('ERROR'))).toEqual([]);
  const { rows } = await admin.query(
    'select name from version_history.migrations where name = any ($1) and applied_at is not null',
    [backfills],
  );
  expect(rows).toHaveLength(backfills.length);
});
