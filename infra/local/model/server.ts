import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { refuseForeign } from '../foreign-request.ts';
import { CannotListen } from '../listen.ts';
import { parseSignature } from '../permissions/authorization-header.ts';
import { type Access, AccessDenied, SignatureMismatch, UnknownAccessKey } from '../permissions/permissions.ts';
import { Answers, type ScriptedAnswer } from './answers.ts';
import { type ConverseBody, defaultAnswer } from './default-answer.ts';

export interface ModelServerOptions {
  /** Default: any free one. */
  port?: number;
  accountId: string;
  region: string;
  /** Asked at every call; without it everyone may invoke every model. */
  access?: Access;
}

/** The Converse operation of Amazon Bedrock on 127.0.0.1, with configured answers. */
export interface ModelServer {
  /** For `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`. */
  url: string;
  answers: Answers;
  close(): Promise<void>;
}

/** @throws CannotListen when the port is taken. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const answers = new Answers();
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    if (refuseForeign(request, response)) return;
    serve(request, response, answers, options).catch((error: unknown) => {
      console.error(`model: a defect of this endpoint: ${(error as Error)?.stack ?? error}`);
      fail(response, 500, 'InternalServerException', 'An error occurred on the server side.');
    });
  });
  await new Promise<void>((settle, reject) => {
    server
      .once('error', (cause) =>
        reject(
          new CannotListen(
            `Port ${options.port} on 127.0.0.1, for the model, cannot be used (${cause.message}). Choose another: npm start -- --port <N>`,
            { cause },
          ),
        ),
      )
      .listen(options.port ?? 0, '127.0.0.1', settle);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    close: () =>
      new Promise((settle) => {
        server.close(() => settle());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answers: Answers,
  options: ModelServerOptions,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const body = bytes.toString('utf8');
  if (request.url === '/_answers') {
    const refusal = options.access && (await refusalOf(request, bytes, options, () => []));
    return refusal ? fail(response, 403, ...refusal) : script(request, response, answers, body);
  }
  const [, path = ''] = /^\/model\/([^/]+)\/converse$/.exec(request.url ?? '') ?? [];
  if (request.method !== 'POST' || path === '')
    return fail(response, 404, 'UnknownOperationException', 'Only Converse is answered here.');
  const modelId = decodeURIComponent(path);
  const refusal = await refusalOf(request, bytes, options, () => modelArns(modelId, options));
  if (refusal) return fail(response, 403, ...refusal);
  const scripted = answers.take({ modelId, body });
  if (scripted?.delayMs) await sleep(scripted.delayMs);
  give(response, scripted, JSON.parse(body) as ConverseBody);
}

/** The model of a profile, and the profile. */
function modelArns(modelId: string, { accountId, region }: ModelServerOptions): string[] {
  const profiled = /^(?:us|us-gov|eu|apac|jp|au|ca|sa|global)\.(.+)$/.exec(modelId)?.[1];
  const needed = [`arn:aws:bedrock:${region}::foundation-model/${profiled ?? modelId}`];
  if (profiled) needed.push(`arn:aws:bedrock:${region}:${accountId}:inference-profile/${modelId}`);
  return needed;
}

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: Converse asks for bedrock:InvokeModel.
async function refusalOf(
  request: IncomingMessage,
  body: Buffer,
  { access }: ModelServerOptions,
  needed: () => string[],
): Promise<[type: string, message: string] | undefined> {
  const signature = parseSignature(request.headers.authorization);
  if (signature?.service !== 'bedrock')
    return ['MissingAuthenticationTokenException', 'The request is not signed for the service bedrock.'];
  const { method = '', url: target = '', rawHeaders } = request;
  try {
    await access?.authenticate({ method, target, rawHeaders, body });
    for (const arn of needed()) access?.authorize(signature.accessKeyId, 'bedrock:InvokeModel', arn);
    return undefined;
  } catch (error) {
    if (error instanceof UnknownAccessKey) return ['UnrecognizedClientException', error.message];
    if (error instanceof SignatureMismatch) return ['InvalidSignatureException', error.message];
    if (error instanceof AccessDenied) return ['AccessDeniedException', error.message];
    throw error;
  }
}

function script(request: IncomingMessage, response: ServerResponse, answers: Answers, body: string): void {
  try {
    if (request.method === 'DELETE') answers.clear();
    else if (request.method === 'POST') for (const answer of [JSON.parse(body)].flat()) answers.add(answer);
    const { requests } = answers;
    response.writeHead(200, JSON_TYPE).end(JSON.stringify({ answers: answers.list(), requests: requests.length }));
  } catch (error) {
    response.writeHead(400, JSON_TYPE).end(JSON.stringify({ message: (error as Error).message }));
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

function give(response: ServerResponse, scripted: ScriptedAnswer | undefined, request: ConverseBody): void {
  if (scripted?.hang) return;
  if (scripted?.reset) {
    response.destroy();
    return;
  }
  if (scripted?.error !== undefined) {
    fail(response, scripted.status ?? statusOf(scripted.error), scripted.error, scripted.message);
    return;
  }
  const whole = scripted?.bodyBase64 === undefined ? scripted?.body : Buffer.from(scripted.bodyBase64, 'base64');
  const answer = whole ?? JSON.stringify(messageOf(scripted, request));
  response.writeHead(scripted?.status ?? 200, JSON_TYPE).end(answer);
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
function messageOf(scripted: ScriptedAnswer | undefined, request: ConverseBody) {
  const says = scripted?.input ?? scripted?.text ?? defaultAnswer(request);
  const tool = request.toolConfig?.tools?.[0]?.toolSpec?.name;
  const usesTool = tool !== undefined && typeof says !== 'string';
  const content = usesTool
    ? [{ toolUse: { toolUseId: 'tooluse_local', name: tool, input: says } }]
    : [{ text: typeof says === 'string' ? says : JSON.stringify(says) }];
  return {
    output: { message: { role: 'assistant', content } },
    stopReason: scripted?.stopReason ?? (usesTool ? 'tool_use' : 'end_turn'),
    usage: { inputTokens: 300, outputTokens: 100, totalTokens: 400 },
    metrics: { latencyMs: 1 },
  };
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors */
const statusOf = (error: string): number =>
  ({
    ThrottlingException: 429,
    ModelNotReadyException: 429,
    ServiceUnavailableException: 503,
    InternalServerException: 500,
    ModelTimeoutException: 408,
    ModelErrorException: 424,
    AccessDeniedException: 403,
    ResourceNotFoundException: 404,
  })[error] ?? 400;

function fail(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { ...JSON_TYPE, 'x-amzn-errortype': type }).end(JSON.stringify({ message }));
}
