/** One version of a secret. A rotation makes one without a value, to be filled in. */
export interface SecretVersion {
  value?: string;
  /** Labels, each on one version of a secret at most. */
  stages: string[];
  /** Epoch seconds. */
  createdAt: number;
}

/** A secret's versions by id. */
export type SecretVersions = Record<string, SecretVersion>;

/** The id of the version that has a label. */
export const labelled = (versions: SecretVersions, stage: string): string | undefined =>
  Object.keys(versions).find((id) => versions[id]?.stages.includes(stage));

/**
 * Puts a label on a version, or, without `to`, takes it away. The version that was current before becomes AWSPREVIOUS, and one without labels is
 * gone, as Secrets Manager may remove it at any time.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
 */
export function moveLabel(versions: SecretVersions, stage: string, to: string | undefined): SecretVersions {
  const former = labelled(versions, stage);
  if (former === to) return versions;
  const moved = Object.entries(versions).map(([id, version]): [string, SecretVersion] => {
    const stages = version.stages.filter((each) => each !== stage);
    return [id, { ...version, stages: id === to ? [...stages, stage] : stages }];
  });
  const next = Object.fromEntries(moved);
  const result = stage === 'AWSCURRENT' && former !== undefined ? moveLabel(next, 'AWSPREVIOUS', former) : next;
  return Object.fromEntries(Object.entries(result).filter(([, { stages }]) => stages.length > 0));
}
