import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SecretStore } from '../database/secrets.ts';
import { refuseForeign } from '../foreign-request.ts';
import { CannotListen } from '../listen.ts';
import { parseSignature } from '../permissions/authorization-header.ts';
import { type Access, AccessDenied, SignatureMismatch, UnknownAccessKey } from '../permissions/permissions.ts';
import { perform, type Service } from './actions.ts';
import { SecretsManagerError } from './errors.ts';

export interface SecretsManagerOptions {
  secrets: SecretStore;
  /** Default: any free one. */
  port?: number;
  /** Asked at every action; without it everyone may do everything. */
  access?: Access;
}

/** AWS Secrets Manager on 127.0.0.1: JSON 1.1, Signature Version 4, the actions of actions.ts. */
export interface SecretsManager {
  /** For `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
  url: string;
  /** From now on RotateSecret of this secret has `rotate` bring about the version. Nothing here rotates by the calendar. */
  rotateBy(secretArn: string, rotate: (versionId: string) => Promise<void>): void;
  close(): Promise<void>;
}

const BODY_LIMIT = 262_144;

/** @throws CannotListen when the port is taken. */
export async function startSecretsManager(options: SecretsManagerOptions): Promise<SecretsManager> {
  const rotations = new Map<string, (versionId: string) => Promise<void>>();
  const service: Service = {
    secrets: options.secrets,
    rotation: (secretArn) => {
      const rotate = rotations.get(secretArn);
      // A failed one stays pending, and its function's log says why.
      return rotate && ((versionId) => void rotate(versionId).catch(() => {}));
    },
  };
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    if (refuseForeign(request, response)) return;
    serve(service, options.access, request).then(
      (answer) => send(response, 200, answer),
      (error: unknown) => fail(response, error),
    );
  });
  await new Promise<void>((settle, reject) => {
    server
      .once('error', (cause) =>
        reject(
          new CannotListen(
            `Port ${options.port} on 127.0.0.1, for Secrets Manager, cannot be used (${cause.message}). Choose another: npm start -- --port <N>`,
            { cause },
          ),
        ),
      )
      .listen(options.port ?? 0, '127.0.0.1', settle);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rotateBy: (secretArn, rotate) => void rotations.set(secretArn, rotate),
    close: () =>
      new Promise((settle) => {
        server.close(() => settle());
        server.closeAllConnections();
      }),
  };
}

async function serve(service: Service, access: Access | undefined, request: IncomingMessage): Promise<object> {
  const bytes = await read(request);
  const body = parse(bytes);
  const target = String(request.headers['x-amz-target'] ?? '');
  const signature = parseSignature(request.headers.authorization);
  if (signature?.service !== 'secretsmanager') {
    throw new SecretsManagerError(
      'MissingAuthenticationTokenException',
      'The request is not signed for the service secretsmanager.',
    );
  }
  const { SecretId = '' } = body as { SecretId?: string };
  if (access !== undefined) {
    // A secret that is not there has no ARN to allow; the service answers then as for one that may not be seen.
    const resource = service.secrets.find(SecretId)?.arn ?? '*';
    await asAnswer(async () => {
      const { method = '', url = '', rawHeaders } = request;
      await access.authenticate({ method, target: url, rawHeaders, body: bytes });
      access.authorize(signature.accessKeyId, target.replace('.', ':'), resource);
    });
  }
  return perform(service, target, body);
}

/** Asks, and refuses in the service's words. */
async function asAnswer(ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (error instanceof SignatureMismatch) throw new SecretsManagerError('InvalidSignatureException', error.message);
    if (error instanceof UnknownAccessKey) throw new SecretsManagerError('UnrecognizedClientException', error.message);
    if (error instanceof AccessDenied) throw new SecretsManagerError('AccessDeniedException', error.message);
    throw error;
  }
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes <= BODY_LIMIT) chunks.push(chunk as Buffer);
  }
  // Over the limit nothing is left of it, which is no JSON.
  return bytes <= BODY_LIMIT ? Buffer.concat(chunks) : Buffer.alloc(0);
}

function parse(bytes: Buffer): object {
  try {
    const body: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof body === 'object' && body !== null) return body;
  } catch {
    // Answered below, like JSON that is no object.
  }
  throw new SecretsManagerError(
    'InvalidParameterException',
    `The body must be a JSON object of at most ${BODY_LIMIT} bytes.`,
  );
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}

function fail(response: ServerResponse, error: unknown): void {
  if (error instanceof SecretsManagerError) {
    send(response, 400, { __type: error.type, Message: error.message });
    return;
  }
  console.error(`secrets-manager: a defect of this endpoint: ${(error as Error)?.stack ?? error}`);
  send(response, 500, { __type: 'InternalServiceError', Message: 'An error occurred on the server side.' });
}
