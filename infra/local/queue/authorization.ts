import { parseSignature } from '../permissions/authorization-header.ts';
import { type Access, AccessDenied, SignatureMismatch, UnknownAccessKey } from '../permissions/permissions.ts';
import type { SignedRequest } from '../permissions/signature.ts';

/** An answer of SQS that is an error, in its JSON protocol. */
export interface SqsRefusal {
  status: number;
  /** For the header `x-amzn-query-error`, which SDKs take the error's name from: it is the one of the older protocol. */
  queryError: string;
  body: { __type: string; message: string };
}

/** As far as it decides: the operation (`AmazonSQS.SendMessage`), the queue and who asks. */
export interface SqsRequest {
  target: string;
  authorization: string | undefined;
  signed: SignedRequest;
  /** ARN; of operations that name no queue, the ARN pattern of all. */
  queueArn: string;
}

/** Asks who signed a request, and whether they may do an SQS operation. @returns why not. */
export async function refusalOf(request: SqsRequest, access: Access): Promise<SqsRefusal | undefined> {
  const signature = parseSignature(request.authorization);
  if (signature === undefined) return refusal('MissingAuthenticationToken', 'Request is missing Authentication Token');
  if (signature.service !== 'sqs')
    return refusal('SignatureDoesNotMatch', "Credential should be scoped to correct service: 'sqs'.");
  try {
    await access.authenticate(request.signed);
    access.authorize(signature.accessKeyId, actionOf(request.target), request.queueArn);
    return undefined;
  } catch (error) {
    if (error instanceof AccessDenied) return refusal('AccessDenied', error.message, 'AccessDeniedException');
    if (error instanceof SignatureMismatch) return refusal('SignatureDoesNotMatch', error.message);
    if (error instanceof UnknownAccessKey)
      return refusal('InvalidClientTokenId', error.message, 'UnrecognizedClientException');
    throw error;
  }
}

/**
 * A batch needs the permission of the single operation, and SQS writes its actions in lower case when it refuses one:
 * https://github.com/aws/serverless-application-model/issues/3633
 */
function actionOf(target: string): string {
  return `sqs:${target
    .replace('AmazonSQS.', '')
    .replace(/Batch$/, '')
    .toLowerCase()}`;
}

function refusal(code: string, message: string, type = code): SqsRefusal {
  return { status: 403, queryError: `${code};Sender`, body: { __type: `com.amazon.coral.service#${type}`, message } };
}
