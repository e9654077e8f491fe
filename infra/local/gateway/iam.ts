// Authorization: AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request, SignedHeaders=<a;b>, Signature=<64 hex digits>
// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
const HEADER =
  /^AWS4-HMAC-SHA256\s+Credential=([\w./-]+)\/(\d{8})\/([\w-]+)\/execute-api\/aws4_request\s*,\s*SignedHeaders=([\w;-]+)\s*,\s*Signature=([0-9a-f]{64})$/;

/**
 * Whether a request is signed for an HTTP API. The local stack knows no secret keys of callers: it takes any access key, checks that the
 * request carries a complete signature for the `execute-api` service and does not recompute it.
 *
 * @returns what the event carries in `requestContext.authorizer`, or undefined for a 403.
 */
export function iamAuthorizer(headers: NodeJS.Dict<string | string[]>, accountId: string): { iam: object } | undefined {
  const [, accessKey, , , signedHeaders] = HEADER.exec(String(headers.authorization ?? '')) ?? [];
  if (accessKey === undefined || headers['x-amz-date'] === undefined) return undefined;
  // A signature that leaves out the host could be replayed against any API.
  if (!signedHeaders?.split(';').includes('host')) return undefined;
  return {
    iam: {
      accessKey,
      accountId,
      callerId: accessKey,
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: `arn:aws:iam::${accountId}:user/local`,
      userId: accessKey,
    },
  };
}
