/** The errors this endpoint answers, all with status 400: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html */
type ErrorType =
  | 'AccessDeniedException'
  | 'InvalidParameterException'
  | 'InvalidRequestException'
  | 'InvalidSignatureException'
  | 'MissingAuthenticationTokenException'
  | 'ResourceExistsException'
  | 'ResourceNotFoundException'
  | 'UnknownOperationException'
  | 'UnrecognizedClientException';

/** What a caller did that Secrets Manager refuses, in its words. */
export class SecretsManagerError extends Error {
  override name = 'SecretsManagerError';
  readonly type: ErrorType;

  constructor(type: ErrorType, message: string) {
    super(message);
    this.type = type;
  }
}

export const notFound = (): SecretsManagerError =>
  new SecretsManagerError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
