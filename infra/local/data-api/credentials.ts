import type { IncomingMessage } from 'node:http';
import { parseSignature } from '../permissions/authorization-header.ts';
import { type Access, SignatureMismatch, UnknownAccessKey } from '../permissions/permissions.ts';
import { DataApiError } from './errors.ts';
import type { Target } from './sessions.ts';

/** Clusters and secrets the endpoint stands for. */
export interface Directory {
  clusters: { clusterArn: string }[];
  /** By secret ARN. */
  secrets: Map<string, { username: string; password: string }>;
}

/**
 * Asks for a request signed for service `rds-data`. A stack knows its callers' keys and computes the signature again; by itself the endpoint takes
 * any, and catches a client that signs for another service, or not at all.
 *
 * @returns the access key id.
 * @throws DataApiError with the words of AWS's own front end.
 */
export async function assertSigned(
  { method = '', url: target = '', rawHeaders, headers: { authorization } }: IncomingMessage,
  body: Buffer,
  access: Access | undefined,
): Promise<string> {
  if (authorization === undefined)
    throw new DataApiError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const signature = parseSignature(authorization);
  if (signature === undefined) {
    throw new DataApiError(
      'IncompleteSignatureException',
      'The Authorization header is not a complete AWS Signature Version 4.',
    );
  }
  if (signature.service !== 'rds-data') {
    throw new DataApiError('InvalidSignatureException', "Credential should be scoped to correct service: 'rds-data'.");
  }
  try {
    await access?.authenticate({ method, target, rawHeaders, body });
  } catch (error) {
    if (error instanceof SignatureMismatch)
      throw new DataApiError('InvalidSignatureException', error.message, {}, { cause: error });
    if (error instanceof UnknownAccessKey)
      throw new DataApiError('UnrecognizedClientException', error.message, {}, { cause: error });
    throw error;
  }
  return signature.accessKeyId;
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
