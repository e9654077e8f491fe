import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { labelled, moveLabel, type SecretVersions } from '../../../infra/local/database/secret-versions.ts';
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

const version = (...stages: string[]) => ({ value: stages.join(), stages, createdAt: 1 });

it('a label moves from one version to another; what was current is the previous one, and one without labels is gone', () => {
  const versions: SecretVersions = {
    old: version('AWSPREVIOUS'),
    now: version('AWSCURRENT'),
    next: version('AWSPENDING'),
  };
  const moved = moveLabel(versions, 'AWSCURRENT', 'next');
  expect(Object.fromEntries(Object.entries(moved).map(([id, { stages }]) => [id, stages]))).toEqual({
    now: ['AWSPREVIOUS'],
    next: ['AWSPENDING', 'AWSCURRENT'],
  });
  expect(labelled(moved, 'AWSCURRENT')).toBe('next');
  expect(moveLabel(moved, 'AWSCURRENT', 'next')).toBe(moved);
});

it('what is attached to a secret is in each of its versions, and the database gets the current one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  const store = new SecretStore(folder);
  const arn = store.create('Db', 'db', PREFIX, () => '{"username":"u","password":"first"}');
  store.extend(arn, { host: 'here' });
  store.change(arn, (versions) =>
    moveLabel(
      { ...versions, two: { ...version(), value: '{"username":"u","password":"second"}' } },
      'AWSCURRENT',
      'two',
    ),
  );
  expect(JSON.parse(store.value(arn, undefined, 'test'))).toEqual({ username: 'u', password: 'second', host: 'here' });
  expect(store.credentials.get(arn)).toEqual({ username: 'u', password: 'second' });
  const later = new SecretStore(folder);
  later.create('Db', 'db', PREFIX, () => 'never');
  expect(later.credentials.get(arn)).toEqual({ username: 'u', password: 'second' });
});
