import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AccessDenied } from '../../../infra/local/permissions/permissions.ts';
import { startSecretsManager } from '../../../infra/local/secrets-manager/server.ts';
import { type TestSecrets, testSecrets } from '../../support/secrets.ts';

let places: TestSecrets;
let SecretId: string;
beforeEach(async () => {
  places = await testSecrets({ user: 'owner', password: 'secret' });
  SecretId = places.arns.api;
});
afterEach(() => places.close());

const get = (input: object = {}) => places.client.send(new GetSecretValueCommand({ SecretId, ...input }));
const put = (ClientRequestToken: string, SecretString: string, VersionStages = ['AWSPENDING']) =>
  places.client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString, VersionStages }));
const move = (VersionStage: string, MoveToVersionId?: string, RemoveFromVersionId?: string) =>
  places.client.send(
    new UpdateSecretVersionStageCommand({ SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId }),
  );
const stages = async () => (await places.client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages ?? {};

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
test('GetSecretValue answers the current version, or the one with a label or an id; by ARN or by name', async () => {
  const current = await get();
  expect(current).toMatchObject({ ARN: SecretId, Name: 'api', VersionStages: ['AWSCURRENT'] });
  expect(current.CreatedDate).toBeInstanceOf(Date);
  expect(JSON.parse(current.SecretString ?? '')).toEqual(places.current(SecretId));
  expect((await get({ SecretId: 'api' })).VersionId).toBe(current.VersionId);
  expect((await get({ VersionId: current.VersionId })).SecretString).toBe(current.SecretString);
  for (const wrong of [{ SecretId: 'none' }, { VersionStage: 'AWSPENDING' }, { VersionId: crypto.randomUUID() }])
    await expect(get(wrong)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
test('PutSecretValue takes the same twice, and another value for a known version never', async () => {
  const id = crypto.randomUUID();
  await put(id, 'next');
  await put(id, 'next');
  expect(await get({ VersionStage: 'AWSPENDING' })).toMatchObject({ VersionId: id, SecretString: 'next' });
  expect((await get()).SecretString).not.toBe('next');
  await expect(put(id, 'another')).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
test('UpdateSecretVersionStage moves a label only from where the caller says it is; the database gets what is current', async () => {
  const former = (await get()).VersionId ?? '';
  const next = crypto.randomUUID();
  await put(next, JSON.stringify({ username: 'u', password: 'p' }));
  await expect(move('AWSCURRENT', next)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await expect(move('AWSCURRENT', crypto.randomUUID(), former)).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await move('AWSCURRENT', next, former);
  expect(await stages()).toEqual({ [former]: ['AWSPREVIOUS'], [next]: ['AWSPENDING', 'AWSCURRENT'] });
  expect(places.current(SecretId)).toEqual({ username: 'u', password: 'p' });
});

test('RotateSecret needs a configured rotation, and tries one that has not ended again', async () => {
  await expect(places.rotate(SecretId)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  const begun: string[] = [];
  places.server.rotateBy(SecretId, async (versionId) => void begun.push(versionId));
  const id = await places.rotate(SecretId);
  expect(await places.rotate(SecretId)).toBe(id);
  expect(begun).toEqual([id, id]);
  // As the service does: the version is there, without a value, before the function is first called.
  expect((await stages())[id]).toEqual(['AWSPENDING']);
  await expect(get({ VersionStage: 'AWSPENDING' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('GetRandomPassword answers one of the length and without the characters asked for', async () => {
  const { RandomPassword } = await places.client.send(
    new GetRandomPasswordCommand({ PasswordLength: 100, ExcludePunctuation: true, ExcludeCharacters: 'abc' }),
  );
  expect(RandomPassword).toMatch(/^[d-zA-Z0-9]{100}$/);
});

test('other actions, wrong input and unsigned requests are refused by name', async () => {
  await expect(places.client.send(new ListSecretsCommand({}))).rejects.toThrow(
    'The local endpoint knows GetSecretValue',
  );
  await expect(put('short', 'value')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  const unsigned = await fetch(places.server.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' },
    body: JSON.stringify({ SecretId }),
  });
  expect([unsigned.status, await unsigned.json()]).toMatchObject([
    400,
    { __type: 'MissingAuthenticationTokenException' },
  ]);
});

test('each action asks whether the caller may do it with this secret', async () => {
  const asked: string[][] = [];
  const guarded = await startSecretsManager({
    secrets: places.store,
    access: {
      authenticate: async () => {},
      authorize: (...question) => {
        asked.push(question);
        throw new AccessDenied('You are not authorized.');
      },
    },
  });
  const credentials = { accessKeyId: 'somebody', secretAccessKey: 'test' };
  const client = new SecretsManagerClient({ endpoint: guarded.url, region: 'us-east-1', credentials });
  await expect(client.send(new GetSecretValueCommand({ SecretId: 'api' }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: 'You are not authorized.',
  });
  expect(asked).toEqual([['somebody', 'secretsmanager:GetSecretValue', SecretId]]);
  client.destroy();
  await guarded.close();
});
