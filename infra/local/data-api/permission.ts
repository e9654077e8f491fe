import { AccessDenied, type Authorize, UnknownAccessKey } from '../permissions/permissions.ts';
import { DataApiError } from './errors.ts';
import type { Operation } from './request.ts';

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrdsdataapi.html
const ACTIONS: Record<Operation, string> = {
  Execute: 'rds-data:ExecuteStatement',
  BatchExecute: 'rds-data:BatchExecuteStatement',
  BeginTransaction: 'rds-data:BeginTransaction',
  CommitTransaction: 'rds-data:CommitTransaction',
  RollbackTransaction: 'rds-data:RollbackTransaction',
};

/**
 * Asks whether a caller may do an operation on the cluster, and read the secret: the service does that with the caller's permissions (D).
 *
 * @throws DataApiError AccessDeniedException with IAM's words, also where the secret is what may not be read (?);
 * UnrecognizedClientException for an access key nobody has.
 */
export function permit(
  authorize: Authorize,
  accessKeyId: string,
  operation: Operation,
  { resourceArn, secretArn }: { resourceArn: string; secretArn: string },
): void {
  try {
    authorize(accessKeyId, ACTIONS[operation], resourceArn);
    authorize(accessKeyId, 'secretsmanager:GetSecretValue', secretArn);
  } catch (error) {
    if (error instanceof AccessDenied)
      throw new DataApiError('AccessDeniedException', error.message, {}, { cause: error });
    if (error instanceof UnknownAccessKey)
      throw new DataApiError('UnrecognizedClientException', error.message, {}, { cause: error });
    throw error;
  }
}
