import { randomBytes } from 'node:crypto';
import type { APIGatewayEventRequestContextV2, APIGatewayProxyEventV2WithRequestContext } from 'aws-lambda';
import { splitPath } from './path.ts';

/** An HTTP request as it came over the wire. */
export interface ReceivedRequest {
  method: string;
  /** Path and query, still encoded. */
  target: string;
  /** Names and values as sent, in order. */
  rawHeaders: readonly string[];
  body: Buffer;
  sourceIp: string;
  protocol: string;
  receivedAt: Date;
  requestId: string;
}

/** What the gateway found out about a request before it calls the function. */
export interface RequestPlace {
  accountId: string;
  apiId: string;
  stage: string;
  routeKey: string;
  pathParameters: Record<string, string>;
  authorizer: object | undefined;
}

export type HttpApiEvent = APIGatewayProxyEventV2WithRequestContext<
  APIGatewayEventRequestContextV2 & { authorizer?: object | undefined }
>;

// Hop-by-hop headers end at the gateway.
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// The documentation does not list them. Tried against the real service and published by the authors of two emulators: everything else,
// form data and a missing content type included, arrives as base64.
const TEXT_BODY = /^(text\/.*|application\/(json|xml|javascript))$/;

/**
 * The event of payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function eventOf(request: ReceivedRequest, place: RequestPlace): HttpApiEvent {
  const { path, query } = splitPath(request.target);
  const { headers, cookies } = headersOf(request);
  const parameters = queryParameters(query);
  const isText = TEXT_BODY.test((headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '');
  const domainName = (headers.host ?? '').replace(/:\d+$/, '');
  return {
    version: '2.0',
    routeKey: place.routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers,
    ...(Object.keys(parameters).length > 0 ? { queryStringParameters: parameters } : {}),
    requestContext: {
      accountId: place.accountId,
      apiId: place.apiId,
      ...(place.authorizer === undefined ? {} : { authorizer: place.authorizer }),
      domainName,
      domainPrefix: domainName.split('.')[0] ?? '',
      http: {
        method: request.method,
        path,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey: place.routeKey,
      stage: place.stage,
      time: commonLogTime(request.receivedAt),
      timeEpoch: request.receivedAt.getTime(),
    },
    ...(Object.keys(place.pathParameters).length > 0 ? { pathParameters: place.pathParameters } : {}),
    ...(request.body.length > 0 ? { body: request.body.toString(isText ? 'utf8' : 'base64') } : {}),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

/** The first header of a name, as it was sent. */
export function headerOf({ rawHeaders }: Pick<ReceivedRequest, 'rawHeaders'>, name: string): string | undefined {
  const at = rawHeaders.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name);
  return at === -1 ? undefined : rawHeaders[at + 1];
}

function headersOf(request: ReceivedRequest): { headers: Record<string, string>; cookies: string[] } {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index]?.toLowerCase() ?? '';
    const value = request.rawHeaders[index + 1] ?? '';
    if (HOP_BY_HOP.has(name)) continue;
    // Cookies are in a field of their own and not among the headers.
    if (name === 'cookie') cookies.push(...value.split(/;\s*/).filter((cookie) => cookie !== ''));
    else headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  headers['content-length'] ??= String(request.body.length);
  headers['x-forwarded-for'] = [headers['x-forwarded-for'], request.sourceIp]
    .filter((each) => each !== undefined)
    .join(', ');
  headers['x-forwarded-port'] = /:(\d+)$/.exec(headers.host ?? '')?.[1] ?? '80';
  headers['x-forwarded-proto'] = 'http';
  const seconds = Math.floor(request.receivedAt.getTime() / 1000).toString(16);
  headers['x-amzn-trace-id'] ??= `Root=1-${seconds}-${randomBytes(12).toString('hex')}`;
  return { headers, cookies };
}

/** Decoded; values of one name joined with commas, in order. */
function queryParameters(query: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = Object.hasOwn(parameters, name) ? `${parameters[name]},${value}` : value;
  }
  return parameters;
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(at: Date): string {
  const [, day, month, year, time] = /^\w+, (\d\d) (\w+) (\d+) ([\d:]+)/.exec(at.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
