import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { labelled, moveLabel, type SecretVersions } from '../database/secret-versions.ts';
import { generateSecret, type SecretStore } from '../database/secrets.ts';
import { notFound, SecretsManagerError } from './errors.ts';

/** What the actions work with. */
export interface Service {
  secrets: SecretStore;
  /** Begins a rotation to a version and does not wait for it; undefined where none is configured. */
  rotation(secretArn: string): ((versionId: string) => void) | undefined;
}

const SecretId = z.string().min(1).max(2048);
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
const VersionId = z.string().min(32).max(64);
const Stage = z.string().min(1).max(256);

const REQUESTS = {
  GetSecretValue: z.object({ SecretId, VersionId: VersionId.optional(), VersionStage: Stage.optional() }),
  DescribeSecret: z.object({ SecretId }),
  PutSecretValue: z.object({
    SecretId,
    ClientRequestToken: VersionId.optional(),
    SecretString: z.string().min(1).max(65_536),
    VersionStages: z.array(Stage).min(1).max(20).default(['AWSCURRENT']),
  }),
  UpdateSecretVersionStage: z.object({
    SecretId,
    VersionStage: Stage,
    MoveToVersionId: VersionId.optional(),
    RemoveFromVersionId: VersionId.optional(),
  }),
  RotateSecret: z.object({ SecretId, ClientRequestToken: VersionId.optional() }),
  GetRandomPassword: z.object({
    PasswordLength: z.number().int().min(1).max(4096).optional(),
    ExcludeCharacters: z.string().max(4096).optional(),
    ExcludePunctuation: z.boolean().optional(),
    ExcludeNumbers: z.boolean().optional(),
    ExcludeLowercase: z.boolean().optional(),
    ExcludeUppercase: z.boolean().optional(),
  }),
};

type Action = keyof typeof REQUESTS;
type Input<Name extends Action> = z.output<(typeof REQUESTS)[Name]>;
type Known = NonNullable<ReturnType<SecretStore['find']>>;

/**
 * The actions a function or a person needs here; others are refused by name.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
 */
const PERFORM: { [Name in Action]: (service: Service, input: Input<Name>) => object } = {
  GetSecretValue({ secrets }, input) {
    const { arn, name, versions } = find(secrets, input.SecretId);
    const stage = input.VersionStage ?? (input.VersionId === undefined ? 'AWSCURRENT' : undefined);
    const id = input.VersionId ?? labelled(versions, stage ?? '');
    const version = versions[id ?? ''];
    const value = secrets.valueOf(arn, id ?? '');
    if (version === undefined || value === undefined || (stage !== undefined && !version.stages.includes(stage))) {
      throw new SecretsManagerError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${stage === undefined ? 'VersionId' : 'staging label'}: ${stage ?? id}`,
      );
    }
    return {
      ARN: arn,
      Name: name,
      VersionId: id,
      SecretString: value,
      VersionStages: version.stages,
      CreatedDate: version.createdAt,
    };
  },

  DescribeSecret({ secrets, rotation }, input) {
    const { arn, name, versions } = find(secrets, input.SecretId);
    return {
      ARN: arn,
      Name: name,
      RotationEnabled: rotation(arn) !== undefined,
      VersionIdsToStages: Object.fromEntries(Object.entries(versions).map(([id, { stages }]) => [id, stages])),
    };
  },

  PutSecretValue({ secrets }, input) {
    const { arn, name, versions } = find(secrets, input.SecretId);
    const id = input.ClientRequestToken ?? randomUUID();
    const known = versions[id]?.value;
    if (known !== undefined && known !== input.SecretString) {
      throw new SecretsManagerError(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${arn}.`,
      );
    }
    if (known === undefined)
      secrets.change(arn, (before) => withVersion(before, id, input.VersionStages, input.SecretString));
    return { ARN: arn, Name: name, VersionId: id, VersionStages: input.VersionStages };
  },

  UpdateSecretVersionStage({ secrets }, input) {
    const { arn, name, versions } = find(secrets, input.SecretId);
    const { VersionStage: stage, MoveToVersionId: to, RemoveFromVersionId: from } = input;
    if (to !== undefined && versions[to] === undefined) throw notFound();
    const holder = labelled(versions, stage);
    if (holder !== from && holder !== to) {
      throw new SecretsManagerError(
        'InvalidParameterException',
        `The parameter RemoveFromVersionId can't be ${from === undefined ? 'empty' : from}. Staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
      );
    }
    secrets.change(arn, (before) => moveLabel(before, stage, to));
    return { ARN: arn, Name: name };
  },

  RotateSecret({ secrets, rotation }, input) {
    const { arn, name, versions } = find(secrets, input.SecretId);
    const begin = rotation(arn);
    if (begin === undefined) {
      throw new SecretsManagerError(
        'InvalidRequestException',
        "You tried to enable rotation on a secret that doesn't already have a Lambda function ARN configured and you didn't include such an ARN as a parameter in this call.",
      );
    }
    const pending = labelled(versions, 'AWSPENDING');
    // One that has not ended is tried again; the service says so in an error and does it by itself.
    const unfinished = pending !== undefined && !versions[pending]?.stages.includes('AWSCURRENT') ? pending : undefined;
    const id = unfinished ?? input.ClientRequestToken ?? randomUUID();
    if (unfinished === undefined) secrets.change(arn, (before) => withVersion(before, id, ['AWSPENDING']));
    begin(id);
    return { ARN: arn, Name: name, VersionId: id };
  },

  GetRandomPassword: (_, input) => ({ RandomPassword: generateSecret(input) }),
};

/** Performs the action that a request's `x-amz-target` names. @throws SecretsManagerError */
export function perform(service: Service, target: string, body: unknown): object {
  const action = target.replace(/^secretsmanager\./, '');
  if (!(action in REQUESTS))
    throw new SecretsManagerError(
      'UnknownOperationException',
      `The local endpoint knows ${Object.keys(REQUESTS).join(', ')}.`,
    );
  const parsed = REQUESTS[action as Action].safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new SecretsManagerError('InvalidParameterException', problems.join('; '));
  }
  return (PERFORM[action as Action] as (service: Service, input: unknown) => object)(service, parsed.data);
}

function find(secrets: SecretStore, nameOrArn: string): Known {
  const secret = secrets.find(nameOrArn);
  if (secret === undefined) throw notFound();
  return secret;
}

function withVersion(versions: SecretVersions, id: string, stages: string[], value?: string): SecretVersions {
  const added = {
    ...versions[id],
    stages: versions[id]?.stages ?? [],
    createdAt: Date.now() / 1000,
    ...(value && { value }),
  };
  return stages.reduce((sofar, stage) => moveLabel(sofar, stage, id), { ...versions, [id]: added });
}
