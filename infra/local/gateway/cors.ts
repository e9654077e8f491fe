/** The CORS configuration of an HTTP API. */
export interface Cors {
  allowOrigins: string[];
  allowMethods: string[];
  allowHeaders: string[];
  exposeHeaders: string[];
  maxAge: number | undefined;
  allowCredentials: boolean;
}

/** A preflight: the gateway answers it itself, whatever the routes and their authorizers. */
export function isPreflight(method: string, headers: NodeJS.Dict<string | string[]>): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/** Headers of the 204 that answers a preflight; none when the origin may not. */
export function preflightHeaders(cors: Cors, origin: string): Record<string, string> {
  const shared = originHeaders(cors, origin);
  if (Object.keys(shared).length === 0) return {};
  return {
    ...shared,
    ...listed('access-control-allow-methods', cors.allowMethods),
    ...listed('access-control-allow-headers', cors.allowHeaders),
    ...(cors.maxAge === undefined ? {} : { 'access-control-max-age': String(cors.maxAge) }),
  };
}

/** Headers added to a function's answer when the request had an origin. */
export function responseHeaders(cors: Cors, origin: string): Record<string, string> {
  const shared = originHeaders(cors, origin);
  return Object.keys(shared).length === 0
    ? {}
    : { ...shared, ...listed('access-control-expose-headers', cors.exposeHeaders) };
}

function originHeaders(cors: Cors, origin: string): Record<string, string> {
  // Besides whole origins: `*`, `http://*` and `https://*`.
  const allowed = cors.allowOrigins.find(
    (each) => each === origin || (each.endsWith('*') && origin.startsWith(each.slice(0, -1))),
  );
  if (allowed === undefined) return {};
  return {
    'access-control-allow-origin': allowed === '*' && !cors.allowCredentials ? '*' : origin,
    ...(cors.allowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
  };
}

function listed(name: string, values: string[]): Record<string, string> {
  return values.length === 0 ? {} : { [name]: values.join(',') };
}
