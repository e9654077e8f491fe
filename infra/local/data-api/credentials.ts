import { DataApiError } from './errors.ts';
import type { Target } from './sessions.ts';

/** Clusters and secrets the endpoint stands for. */
export interface Directory {
  clusters: { clusterArn: string }[];
  /** By secret ARN. */
  secrets: Map<string, { username: string; password: string }>;
}

// Signature Version 4, AWS General Reference: credential scope, signed headers, signature.
const SIGNED =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/\d{8}\/[a-z0-9-]+\/([a-z0-9-]+)\/aws4_request,\s*SignedHeaders=[^,\s]+,\s*Signature=[0-9a-f]{64}$/;

/**
 * Asks for a request signed for service `rds-data`. The signature is not computed again, only the access key id is read: with it a stack tells
 * its callers apart, by itself the endpoint takes any. What is caught is a client that signs for another service, or not at all.
 *
 * @returns the access key id.
 * @throws DataApiError with the words of AWS's own front end.
 */
export function assertSigned(authorization: string | undefined): string {
  if (authorization === undefined)
    throw new DataApiError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const [, accessKeyId, service] = SIGNED.exec(authorization) ?? [];
  if (accessKeyId === undefined) {
    throw new DataApiError(
      'IncompleteSignatureException',
      'The Authorization header is not a complete AWS Signature Version 4.',
    );
  }
  if (service !== 'rds-data') {
    throw new DataApiError('InvalidSignatureException', "Credential should be scoped to correct service: 'rds-data'.");
  }
  return accessKeyId;
}

/**
 * The role and database a request is for. Without `database` it is `postgres`, as on a cluster created without a name for one (?).
 *
 * @throws DataApiError NotFoundException for a cluster, SecretsErrorException for a secret that is not there (D).
 */
export function authorize(
  directory: Directory,
  request: { resourceArn: string; secretArn: string; database?: string | null | undefined },
): Target {
  const { resourceArn, secretArn } = request;
  if (!directory.clusters.some(({ clusterArn }) => clusterArn === resourceArn)) {
    throw new DataApiError('NotFoundException', "The resourceArn, secretArn, or transactionId value can't be found.");
  }
  const secret = directory.secrets.get(secretArn);
  if (secret === undefined) {
    throw new DataApiError(
      'SecretsErrorException',
      "There was a problem with the Secrets Manager secret used with the request: the secret provided wasn't found.",
    );
  }
  return { ...secret, database: request.database || 'postgres' };
}
