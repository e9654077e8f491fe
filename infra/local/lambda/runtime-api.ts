import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refuseForeign } from '../foreign-request.ts';
import {
  type FunctionError,
  type Invocation,
  type InvocationResult,
  PAYLOAD_LIMIT,
  responseTooLarge,
} from './invocation.ts';

/** What the process on the other side reported. */
export interface RuntimeEvents {
  /** It asked for its first event: initialization is over. */
  ready(): void;
  initFailed(error: FunctionError): void;
}

export interface RuntimeApi {
  /** `host:port`, the value of AWS_LAMBDA_RUNTIME_API. */
  address: string;
  /** Hands an event over and resolves with the function's answer to it. One at a time. */
  invoke(invocation: Invocation, deadline: number): Promise<InvocationResult>;
  close(): void;
}

const PREFIX = '/2018-06-01/runtime';

/**
 * The Lambda Runtime API for one function process.
 * Paths, headers and status codes: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startRuntimeApi(functionArn: string, events: RuntimeEvents): Promise<RuntimeApi> {
  let poll: ServerResponse | undefined;
  let waiting: { invocation: Invocation; deadline: number } | undefined;
  let current: { requestId: string; settle(result: InvocationResult): void } | undefined;

  const handOver = (): void => {
    if (poll === undefined || waiting === undefined) return;
    poll.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': waiting.invocation.requestId,
      'lambda-runtime-deadline-ms': String(waiting.deadline),
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${waiting.invocation.requestId.replaceAll('-', '').slice(0, 24)};Sampled=0`,
    });
    poll.end(waiting.invocation.payload);
    poll = undefined;
    waiting = undefined;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    if (request.method === 'GET' && path === `${PREFIX}/invocation/next`) {
      poll = response;
      events.ready();
      handOver();
      return;
    }
    const body = await read(request);
    if (path === `${PREFIX}/init/error`) {
      events.initFailed(JSON.parse(body.toString()) as FunctionError);
      return accept(response, 202, { status: 'OK' });
    }
    const [, requestId, kind] = /\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (kind === undefined || current?.requestId !== requestId) {
      return accept(response, 400, {
        errorType: 'InvalidRequestID',
        errorMessage: `No invocation ${requestId} is under way`,
      });
    }
    const { settle } = current as NonNullable<typeof current>;
    current = undefined;
    if (kind === 'error') {
      settle({ ok: false, error: JSON.parse(body.toString()) as FunctionError });
    } else if (body.length > PAYLOAD_LIMIT) {
      settle({ ok: false, error: responseTooLarge });
      return accept(response, 413, responseTooLarge);
    } else {
      settle({ ok: true, payload: body.toString() });
    }
    accept(response, 202, { status: 'OK' });
  };

  const server = createServer((request, response) => {
    if (refuseForeign(request, response)) return;
    answer(request, response).catch(() => response.destroy());
  });
  // A process waits for its next event as long as it lives.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((settle, fail) => server.once('error', fail).listen(0, '127.0.0.1', settle));

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    invoke: (invocation, deadline) =>
      new Promise((settle) => {
        current = { requestId: invocation.requestId, settle };
        waiting = { invocation, deadline };
        handOver();
      }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function accept(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
