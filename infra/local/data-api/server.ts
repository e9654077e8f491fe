import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { refuseForeign } from '../foreign-request.ts';
import type { Access } from '../permissions/permissions.ts';
import { CONTROL_PATH, control } from './control.ts';
import { assertSigned, type Directory } from './credentials.ts';
import { DataApiError } from './errors.ts';
import { Faults, type Strike } from './faults.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { PERFORM, type Service } from './operations.ts';
import type { Nulls } from './parameters.ts';
import { permit } from './permission.ts';
import { OPERATIONS, type Operation, parseRequest, type Request } from './request.ts';
import { Sessions } from './sessions.ts';
import { Transactions } from './transactions.ts';

export interface DataApiOptions extends Directory {
  /** Default: any free one. */
  port?: number;
  postgres: { host: string; port: number };
  /** Asked at every call, also of the faults. Default: whoever signs may do everything, and anyone may add faults. */
  access?: Access;
  limits?: Partial<Limits>;
  /** A row over the documented 64 KB is an error instead of a warning. */
  strict?: boolean;
  /** How a null without a type is declared. Default: untyped. */
  nulls?: Nulls;
  /** Told about what would be a risk with the real service. Never holds SQL or values. Default: standard error. */
  warn?: (message: string) => void;
}

export interface DataApi {
  /** The endpoint, for `AWS_ENDPOINT_URL_RDS_DATA` or `--endpoint-url`. */
  url: string;
  faults: Faults;
  /** Rolls back what is open and closes all connections. */
  close(): Promise<void>;
}

/**
 * Starts an endpoint that speaks the RDS Data API (Aurora PostgreSQL, Serverless v2 or provisioned) over a PostgreSQL server.
 * It listens on 127.0.0.1 only.
 */
export async function startDataApi(options: DataApiOptions): Promise<DataApi> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const service: Service = {
    directory: options,
    limits,
    sessions: new Sessions({ host: options.postgres.host, port: options.postgres.port }, limits),
    transactions: new Transactions(limits),
    strict: options.strict ?? false,
    nulls: options.nulls ?? 'untyped',
    warn: options.warn ?? ((message) => console.error(`data-api: ${message}`)),
  };
  const faults = new Faults();
  // SDKs keep connections open between calls; Node would close them after 5 s and lose requests sent at that moment.
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    if (!refuseForeign(request, response)) void serve(service, faults, options.access, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    close: async () => {
      server.close();
      server.closeAllConnections();
      service.transactions.close();
      await service.sessions.close();
    },
  };
}

async function serve(
  service: Service,
  faults: Faults,
  access: Access | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A caller that hangs up: its statement goes on, as with the service.
  response.on('error', () => {});
  try {
    const body = await read(request, service.limits.requestBytes);
    if (request.url?.startsWith(CONTROL_PATH)) {
      if (access) await assertSigned(request, body, access);
      return send(response, 200, control(faults, request.method, body.toString()));
    }
    const operation = OPERATIONS.find((name) => request.url === `/${name}`);
    if (operation === undefined || request.method !== 'POST') throw new DataApiError('UnknownOperationException');
    const accessKeyId = await assertSigned(request, body, access);
    const permitted: Permit = (target) => access && permit(access.authorize, accessKeyId, operation, target);
    const answer = await perform(service, faults, operation, body.toString(), permitted);
    if (answer === undefined) response.destroy();
    else send(response, 200, answer);
  } catch (error) {
    fail(response, service, error);
  }
}

type Permit = (target: { resourceArn: string; secretArn: string }) => void;

/** @returns the answer's JSON, or undefined when the connection is to break. */
async function perform<Name extends Operation>(
  service: Service,
  faults: Faults,
  operation: Name,
  body: string,
  permitted: Permit,
): Promise<string | undefined> {
  const request = parseRequest(operation, body, service.limits);
  permitted(request);
  const strike = faults.strike(operation, 'sql' in request ? request.sql : undefined);
  if (strike !== undefined && !(await before(service, strike, request))) return undefined;
  const answer = await PERFORM[operation](service, request, strike?.kind);
  if (strike?.kind === 'unavailable-after') throw new DataApiError('DatabaseUnavailableException');
  return strike?.kind === 'dropped-after' ? undefined : answer;
}

/** What a fault does before the operation runs. @returns false when the connection is to break. */
async function before(service: Service, { kind, delayMs }: Strike, request: Request<Operation>): Promise<boolean> {
  switch (kind) {
    case 'resuming':
      throw new DataApiError(
        'DatabaseResumingException',
        'The Aurora DB instance is resuming after being auto-paused. Please wait a few seconds and try again.',
      );
    case 'throttled':
      throw new DataApiError('ThrottlingException', 'Rate exceeded');
    case 'internal-error':
      throw new DataApiError('InternalServerErrorException');
    case 'service-unavailable':
      throw new DataApiError('ServiceUnavailableError');
    case 'unavailable':
      throw new DataApiError('DatabaseUnavailableException');
    case 'expired-transaction':
      if ('transactionId' in request && request.transactionId)
        service.transactions.end(request.transactionId, 'expired');
      return true;
    case 'slow':
      await sleep(delayMs);
      return true;
    default:
      return kind !== 'dropped-before';
  }
}

async function read(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    // Read to the end all the same: an answer sent into a running upload is lost with the connection.
    if (bytes <= limit) chunks.push(chunk);
  }
  // That it is rejected is documented, how is a guess (?).
  if (bytes > limit)
    throw new DataApiError('BadRequestException', `The request is ${bytes} bytes; at most ${limit} are allowed.`);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': randomUUID(),
    ...headers,
  });
  response.end(body);
}

function fail(response: ServerResponse, service: Service, error: unknown): void {
  if (response.headersSent || response.destroyed) return;
  if (!(error instanceof DataApiError))
    service.warn(`a defect of this endpoint, answered with 500: ${(error as Error)?.stack ?? error}`);
  const known = error instanceof DataApiError ? error : new DataApiError('InternalServerErrorException');
  send(response, known.status, JSON.stringify(known.body), { 'x-amzn-errortype': known.type });
}
