/** What an Authorization header of Signature Version 4 says. */
export interface Signature {
  accessKeyId: string;
  /** Of the credential scope, `YYYYMMDD`. */
  day: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

// Authorization: AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request, SignedHeaders=<a;b>, Signature=<64 hex digits>
// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
const HEADER =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request\s*,\s*SignedHeaders=([\w;.-]+)\s*,\s*Signature=([0-9a-f]{64})$/;

/** @returns undefined for anything but a complete signature of version 4. */
export function parseSignature(authorization: string | undefined): Signature | undefined {
  const [, accessKeyId, day, region, service, headers, signature] = HEADER.exec(authorization ?? '') ?? [];
  if (!accessKeyId || !day || !region || !service || !headers || !signature) return undefined;
  return { accessKeyId, day, region, service, signedHeaders: headers.split(';'), signature };
}
