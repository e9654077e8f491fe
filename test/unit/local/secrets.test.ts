import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generateSecret, SecretStore } from '../../../infra/local/database/secrets.ts';

const PREFIX = 'arn:aws:secretsmanager:us-east-1:000000000000';

it('a generated secret has the template, the key, the length and none of the excluded characters', () => {
  const secret = JSON.parse(
    generateSecret({
      SecretStringTemplate: '{"username":"owner"}',
      GenerateStringKey: 'password',
      PasswordLength: 200,
      ExcludeCharacters: ' @/"\\abc',
      ExcludeUppercase: true,
    }),
  );
  expect(secret.username).toBe('owner');
  expect(secret.password).toHaveLength(200);
  expect(secret.password).not.toMatch(/[@/"\\abcA-Z ]/);
});

it('is generated once: a later start finds the same ARN and value', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  let made = 0;
  const create = () => {
    const store = new SecretStore(folder);
    const arn = store.create('Db', 'db', PREFIX, () => JSON.stringify({ username: 'u', password: `p${++made}` }));
    return { arn, password: store.value(arn, 'password', 'test'), credentials: store.credentials.get(arn) };
  };
  const first = create();
  expect(create()).toEqual(first);
  expect(first.arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:db-[A-Za-z0-9]{6}$/);
  expect(first.credentials).toEqual({ username: 'u', password: 'p1' });
});

it('a secret nobody declared, or a key it does not have, is an error that says who asked', () => {
  const store = new SecretStore(mkdtempSync(join(tmpdir(), 'secrets-')));
  const arn = store.create('Db', 'db', PREFIX, () => '{"username":"u"}');
  expect(() => store.value('arn:other', undefined, 'Cluster.Password')).toThrow(
    'Cluster.Password: the template declares no secret arn:other',
  );
  expect(() => store.value(arn, 'password', 'Cluster.Password')).toThrow('has no key password');
});
