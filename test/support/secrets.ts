import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Secrets } from '../../functions/platform/secrets.ts';
import { generateSecret, SecretStore } from '../../infra/local/database/secrets.ts';
import { startSecretsManager } from '../../infra/local/secrets-manager/server.ts';
import type { TestDatabase } from './postgres.ts';

const PREFIX = 'arn:aws:secretsmanager:us-east-1:000000000000';

/** Secrets Manager with the secrets of a test database in it: its owner's, and two of logins that nobody has made yet. */
export async function testSecrets(test: Pick<TestDatabase, 'user' | 'password'>) {
  const folder = await mkdtemp(join(tmpdir(), 'secrets-'));
  const store = new SecretStore(folder);
  const make = (name: string, value: () => string) => store.create(name, name, PREFIX, value);
  const login = (name: string) => () =>
    generateSecret({
      SecretStringTemplate: JSON.stringify({ username: `${test.user}_${name}` }),
      GenerateStringKey: 'password',
      ExcludePunctuation: true,
    });
  const arns = {
    owner: make('owner', () => JSON.stringify({ username: test.user, password: test.password })),
    api: make('api', login('api')),
    worker: make('worker', login('worker')),
  };
  const server = await startSecretsManager({ secrets: store });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SecretsManagerClient({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  return {
    arns,
    store,
    server,
    client,
    secrets: new Secrets(client),
    /** The username and password that are current. */
    current: (arn: string) => store.credentials.get(arn) ?? { username: '', password: '' },
    /** Begins a rotation. @returns the id of its version */
    rotate: async (arn: string) => (await client.send(new RotateSecretCommand({ SecretId: arn }))).VersionId ?? '',
    async close() {
      client.destroy();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type TestSecrets = Awaited<ReturnType<typeof testSecrets>>;
