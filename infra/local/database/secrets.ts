import { randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { StateFile } from '../state-file.ts';
import { TemplateNotRunnable } from '../template/template.ts';
import { labelled, type SecretVersions } from './secret-versions.ts';

/** Who a secret lets in at the database. */
export interface Credentials {
  username: string;
  password: string;
}

export interface GenerateSecretString {
  SecretStringTemplate?: string | undefined;
  GenerateStringKey?: string | undefined;
  PasswordLength?: number | undefined;
  ExcludeCharacters?: string | undefined;
  ExcludePunctuation?: boolean | undefined;
  ExcludeNumbers?: boolean | undefined;
  ExcludeLowercase?: boolean | undefined;
  ExcludeUppercase?: boolean | undefined;
}

const SETS = {
  ExcludeLowercase: 'abcdefghijklmnopqrstuvwxyz',
  ExcludeUppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  ExcludeNumbers: '0123456789',
  ExcludePunctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const;

interface Secret {
  arn: string;
  name: string;
  versions: SecretVersions;
}

/** The account's secrets with their versions. What was generated once stays: the database knows the password. */
export class SecretStore {
  /** Database credentials by secret ARN, for the Data API: every secret whose current value has a username and a password. */
  readonly credentials = new Map<string, Credentials>();
  /** By logical id. */
  readonly #file: StateFile<Record<string, Secret>>;
  readonly #declared = new Map<string, { logicalId: string; secret: Secret }>();
  readonly #attached = new Map<string, object>();

  constructor(dataDir: string) {
    this.#file = new StateFile(join(dataDir, 'secrets.json'), {});
  }

  /** @returns the ARN, which ends in six random characters as Secrets Manager's do. */
  create(logicalId: string, name: string, arnPrefix: string, value: () => string): string {
    let secret = this.#file.read()[logicalId];
    if (secret === undefined) {
      const suffix = randomText(6, SETS.ExcludeLowercase + SETS.ExcludeUppercase + SETS.ExcludeNumbers);
      const first = { value: value(), stages: ['AWSCURRENT'], createdAt: Date.now() / 1000 };
      secret = { arn: `${arnPrefix}:secret:${name}-${suffix}`, name, versions: { [randomUUID()]: first } };
    }
    this.#keep(logicalId, secret);
    return secret.arn;
  }

  /** Adds fields to a secret's JSON, as an attachment does. They are derived from the template and not kept. */
  extend(arn: string, fields: object): void {
    this.#attached.set(arn, fields);
    this.#publish(this.#get(arn, arn).secret);
  }

  /** The current value. @param at who asks, for the message. */
  value(arn: string, key: string | undefined, at: string): string {
    const { secret } = this.#get(arn, at);
    const value = this.valueOf(arn, labelled(secret.versions, 'AWSCURRENT') ?? '') ?? '';
    if (key === undefined) return value;
    const field = (JSON.parse(value) as Record<string, unknown>)[key];
    if (field === undefined) throw new TemplateNotRunnable(`${at}: the secret ${arn} has no key ${key}`);
    return String(field);
  }

  /** A secret by its ARN or name, as Secrets Manager takes either. */
  find(nameOrArn: string): Secret | undefined {
    return [...this.#declared.values()]
      .map(({ secret }) => secret)
      .find(({ arn, name }) => arn === nameOrArn || name === nameOrArn);
  }

  /** A version's value with what was attached to the secret. */
  valueOf(arn: string, versionId: string): string | undefined {
    const value = this.#declared.get(arn)?.secret.versions[versionId]?.value;
    const fields = this.#attached.get(arn);
    return value === undefined || fields === undefined ? value : JSON.stringify({ ...JSON.parse(value), ...fields });
  }

  /** Replaces a secret's versions with what `change` makes of them. */
  change(arn: string, change: (versions: SecretVersions) => SecretVersions): void {
    const { logicalId, secret } = this.#get(arn, arn);
    this.#keep(logicalId, { ...secret, versions: change(secret.versions) });
  }

  #get(arn: string, at: string): { logicalId: string; secret: Secret } {
    const declared = this.#declared.get(arn);
    if (declared === undefined) throw new TemplateNotRunnable(`${at}: the template declares no secret ${arn}`);
    return declared;
  }

  #keep(logicalId: string, secret: Secret): void {
    this.#file.write({ ...this.#file.read(), [logicalId]: secret });
    this.#declared.set(secret.arn, { logicalId, secret });
    this.#publish(secret);
  }

  #publish({ arn, versions }: Secret): void {
    let parsed: Partial<Credentials>;
    try {
      parsed = JSON.parse(this.valueOf(arn, labelled(versions, 'AWSCURRENT') ?? '') ?? '') as Partial<Credentials>;
    } catch {
      return;
    }
    const { username, password } = parsed;
    if (typeof username === 'string' && typeof password === 'string') this.credentials.set(arn, { username, password });
  }
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html */
export function generateSecret(options: GenerateSecretString): string {
  const excluded = new Set(options.ExcludeCharacters ?? '');
  const characters = Object.entries(SETS)
    .filter(([option]) => options[option as keyof typeof SETS] !== true)
    .flatMap(([, set]) => [...set].filter((character) => !excluded.has(character)))
    .join('');
  const password = randomText(options.PasswordLength ?? 32, characters);
  if (options.GenerateStringKey === undefined) return password;
  return JSON.stringify({ ...JSON.parse(options.SecretStringTemplate ?? '{}'), [options.GenerateStringKey]: password });
}

function randomText(length: number, characters: string): string {
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join('');
}
