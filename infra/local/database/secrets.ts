import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { StateFile } from '../state-file.ts';
import { TemplateNotRunnable } from '../template/template.ts';

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

/** The account's secrets. What was generated once stays: the database knows the password. */
export class SecretStore {
  /** Database credentials by secret ARN, for the Data API: every secret whose value has a username and a password. */
  readonly credentials = new Map<string, Credentials>();
  readonly #file: StateFile<Record<string, { arn: string; value: string }>>;
  readonly #values = new Map<string, string>();

  constructor(dataDir: string) {
    this.#file = new StateFile(join(dataDir, 'secrets.json'), {});
  }

  /** @returns the ARN, which ends in six random characters as Secrets Manager's do. */
  create(logicalId: string, name: string, arnPrefix: string, value: () => string): string {
    const state = this.#file.read();
    let secret = state[logicalId];
    if (secret === undefined) {
      const suffix = randomText(6, SETS.ExcludeLowercase + SETS.ExcludeUppercase + SETS.ExcludeNumbers);
      secret = { arn: `${arnPrefix}:secret:${name}-${suffix}`, value: value() };
      this.#file.write({ ...state, [logicalId]: secret });
    }
    this.#put(secret.arn, secret.value);
    return secret.arn;
  }

  /** Adds fields to a secret's JSON, as an attachment does. They are derived from the template and not kept. */
  extend(arn: string, fields: object): void {
    this.#put(arn, JSON.stringify({ ...JSON.parse(this.value(arn, undefined, arn)), ...fields }));
  }

  /** @param at who asks, for the message. */
  value(arn: string, key: string | undefined, at: string): string {
    const value = this.#values.get(arn);
    if (value === undefined) throw new TemplateNotRunnable(`${at}: the template declares no secret ${arn}`);
    if (key === undefined) return value;
    const field = (JSON.parse(value) as Record<string, unknown>)[key];
    if (field === undefined) throw new TemplateNotRunnable(`${at}: the secret ${arn} has no key ${key}`);
    return String(field);
  }

  #put(arn: string, value: string): void {
    this.#values.set(arn, value);
    let parsed: Partial<Credentials>;
    try {
      parsed = JSON.parse(value) as Partial<Credentials>;
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
