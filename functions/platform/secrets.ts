import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';

/** The labels a rotation moves: what everybody reads, and what is to become that. */
export type Stage = 'AWSCURRENT' | 'AWSPENDING';

/** One version of a secret. `value` is the secret itself: it never goes into a log, a statement or an error. */
export interface SecretVersion {
  id: string;
  value: string;
}

/** AWS Secrets Manager, as far as this service uses it. Errors are the SDK's: they name the secret and hold none of it. */
export class Secrets {
  readonly #client: SecretsManagerClient;

  constructor(
    client = new SecretsManagerClient({ requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 } }),
  ) {
    this.#client = client;
  }

  /** The version with this label; undefined when none has it, or it has no value yet. */
  async read(secretArn: string, stage: Stage): Promise<SecretVersion | undefined> {
    try {
      const answer = await this.#client.send(new GetSecretValueCommand({ SecretId: secretArn, VersionStage: stage }));
      return { id: answer.VersionId ?? '', value: answer.SecretString ?? '' };
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }

  /** The labels of every version that has any, by version id. */
  async stages(secretArn: string): Promise<Record<string, string[]>> {
    return (await this.#client.send(new DescribeSecretCommand({ SecretId: secretArn }))).VersionIdsToStages ?? {};
  }

  /** Gives a version its value, once, and makes it the pending one; the same again changes nothing. */
  async propose(secretArn: string, { id, value }: SecretVersion): Promise<void> {
    await this.#client.send(
      new PutSecretValueCommand({
        SecretId: secretArn,
        ClientRequestToken: id,
        SecretString: value,
        VersionStages: ['AWSPENDING'],
      }),
    );
  }

  /** Makes a version the current one in place of `former`. */
  async promote(secretArn: string, id: string, former: string): Promise<void> {
    await this.#client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: secretArn,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: id,
        RemoveFromVersionId: former,
      }),
    );
  }
}
