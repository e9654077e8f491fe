import { DescribeSecretCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMINISTRATOR } from '../../../infra/local/permissions/credentials.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { startTestStack } from '../../support/local-stack.ts';
import { eventually } from '../../support/wait.ts';

let stack: LocalStack;
let close: () => Promise<void>;
let client: SecretsManagerClient;
beforeAll(async () => {
  ({ stack, close } = await startTestStack());
  const { secretsManager: endpoint, region } = stack.endpoints;
  client = new SecretsManagerClient({ endpoint, region, credentials: ADMINISTRATOR });
});
afterAll(async () => {
  client.destroy();
  await close();
});

test('users go on listing while their functions’ login is rotated again and again', async () => {
  const admin = new pg.Client(stack.postgres.url(undefined, undefined, stack.endpoints.database));
  await admin.connect();
  await admin.query(
    `insert into project_versions (project_id, version_id, user_id, prompt, status) values ('shop', 'one', 'ada', 'words', 'deployed')`,
  );
  const passwords = new Set<string>();
  const login = async () => {
    const { rows } = await admin.query(
      `select rolname, rolpassword from pg_authid where rolname = 'project_versions_api_projectversions'`,
    );
    passwords.add(rows[0].rolpassword);
  };
  await login();
  const token = await stack.mintToken({ subject: 'ada' });
  const statuses: number[] = [];
  let rotating = true;
  const list = async () => {
    while (rotating) {
      const response = await fetch(`${stack.endpoints.api}/projects/shop/versions`, {
        headers: { authorization: `Bearer ${token}` },
      });
      statuses.push(response.status);
      await response.arrayBuffer();
    }
  };
  const users = Array.from({ length: 4 }, list);
  for (let round = 0; round < 3; round++) {
    const { VersionId = '' } = await client.send(
      new RotateSecretCommand({ SecretId: stack.endpoints.loginSecretArns.api }),
    );
    await eventually('the rotation', async () => {
      const { VersionIdsToStages } = await client.send(
        new DescribeSecretCommand({ SecretId: stack.endpoints.loginSecretArns.api }),
      );
      return VersionIdsToStages?.[VersionId]?.includes('AWSCURRENT');
    });
    await login();
  }
  rotating = false;
  await Promise.all(users);
  await admin.end();
  expect(passwords.size).toBe(4);
  expect(statuses.length).toBeGreaterThan(20);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
});

test('each function logs in as the role it needs, and no function as the owner', async () => {
  const admin = new pg.Client(stack.postgres.url(undefined, undefined, stack.endpoints.database));
  await admin.connect();
  const { rows } = await admin.query(
    `select distinct usename as name from pg_stat_activity where application_name = 'rds-data-api' and query like '%list_versions%'`,
  );
  await admin.end();
  expect(rows).toEqual([{ name: 'project_versions_api_projectversions' }]);
  const secretOf = (name: string) => stack.function(name).config.environment.DATABASE_SECRET_ARN;
  const { api, worker } = stack.endpoints.loginSecretArns;
  for (const name of ['ListVersions', 'ReadVersion', 'ChangeVersion']) expect(secretOf(name)).toBe(api);
  for (const name of ['RecordVersion', 'GenerateMetadata']) expect(secretOf(name)).toBe(worker);
});
