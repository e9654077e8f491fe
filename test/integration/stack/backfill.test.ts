import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileMigrations } from '../../../infra/compile-migrations.ts';
import { ADMINISTRATOR } from '../../../infra/local/permissions/credentials.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
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

const LEASE = 'update project_versions_migration_lease';

test('a backfill goes on after its deployment, by messages that its own role receives and sends, when nobody else migrates', async () => {
  const worker = stack.function('ContinueMigrations');
  expect(stack.outputs.Backfill).toBe('done');
  // As if the deployment had ended before it: a backfill may run again.
  const backfills = (await compileMigrations()).filter(({ phase }) => phase === 'backfill').map(({ name }) => name);
  const { rowCount } = await admin.query('delete from project_versions_migrations where name = any ($1)', [backfills]);
  expect(rowCount).toBeGreaterThan(0);
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
    'select name from project_versions_migrations where name = any ($1) and applied_at is not null',
    [backfills],
  );
  expect(rows).toHaveLength(backfills.length);
});
