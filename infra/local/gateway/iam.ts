import { parseSignature } from '../permissions/authorization-header.ts';
import { AccessDenied, type Caller, type Permissions, UnknownAccessKey } from '../permissions/permissions.ts';
import { isSignedBy, type SignedRequest } from '../permissions/signature.ts';
import { headerOf } from './event.ts';

/** Which API a request came to, as the ARN of its routes says it. */
export interface ApiPlace {
  accountId: string;
  region: string;
  apiId: string;
  stage: string;
}

/**
 * Who sent a request to a route with IAM authorization, when the signature is right and the caller's policies allow
 * `execute-api:Invoke` on the route.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
 *
 * Signatures in the query (presigned URLs) are not taken.
 *
 * @param path decoded.
 * @returns what the event carries in `requestContext.authorizer`, or undefined for a 403.
 */
export async function iamAuthorizer(
  request: SignedRequest,
  path: string,
  api: ApiPlace,
  permissions: Permissions,
): Promise<{ iam: object } | undefined> {
  const caller = await signerOf(request, api.region, permissions);
  if (caller === undefined) return undefined;
  const { accountId, region, apiId, stage } = api;
  const resource = `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage}/${request.method}${path}`;
  if (!mayInvoke(caller, resource, permissions)) return undefined;
  return {
    iam: {
      accessKey: caller.credentials.accessKeyId,
      accountId,
      callerId: caller.userId,
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: caller.arn,
      userId: caller.userId,
    },
  };
}

async function signerOf(request: SignedRequest, region: string, permissions: Permissions): Promise<Caller | undefined> {
  const signature = parseSignature(headerOf(request, 'authorization'));
  if (signature === undefined || signature.service !== 'execute-api' || signature.region !== region) return undefined;
  try {
    const caller = permissions.caller(signature.accessKeyId);
    return (await isSignedBy(caller.credentials, request, signature)) ? caller : undefined;
  } catch (error) {
    if (error instanceof UnknownAccessKey) return undefined;
    throw error;
  }
}

function mayInvoke(caller: Caller, resource: string, permissions: Permissions): boolean {
  try {
    permissions.authorize(caller.credentials.accessKeyId, 'execute-api:Invoke', resource);
    return true;
  } catch (error) {
    if (error instanceof AccessDenied) return false;
    throw error;
  }
}
