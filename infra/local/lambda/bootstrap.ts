// The program a function process runs: what /var/runtime does on Lambda. It asks the Runtime API for events, one at a time, and hands
// them to the handler of the bundle. Imports nothing of this project: the function's own code decides what its process holds.
import { request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

type Handler = (event: unknown, context: object) => unknown;

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const BASE = '/2018-06-01/runtime';
let requestId: string | undefined;

// Where there is no shell to watch over this process, it watches for its parent itself.
if (process.platform === 'win32') process.stdin.on('end', () => process.exit()).resume();

// Exit codes of the Node.js runtime client: https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
process.on('uncaughtException', (error) => fatal(error, 'Runtime.UncaughtException', 129));
process.on('unhandledRejection', (reason) => fatal(reason, 'Runtime.UnhandledPromiseRejection', 128));

const handler = await load().catch((error) => fatal(error, 'Runtime.ImportModuleError', 1));

for (;;) {
  const { headers, body } = await call('GET', '/invocation/next');
  requestId = String(headers['lambda-runtime-aws-request-id']);
  process.env._X_AMZN_TRACE_ID = String(headers['lambda-runtime-trace-id']);
  let outcome: [path: string, body: string];
  try {
    const result = await handler(JSON.parse(body), contextOf(requestId, headers));
    // A handler that returns nothing answers null.
    outcome = ['response', JSON.stringify(result ?? null)];
  } catch (error) {
    console.error(inspect(error));
    outcome = ['error', JSON.stringify(described(error))];
  }
  await call('POST', `/invocation/${requestId}/${outcome[0]}`, outcome[1]);
  requestId = undefined;
}

async function load(): Promise<Handler> {
  const [file, name] = (process.env._HANDLER ?? '').split('.');
  const bundle = join(process.env.LAMBDA_TASK_ROOT ?? '', `${file}.mjs`);
  const module = (await import(pathToFileURL(bundle).href)) as Record<string, unknown>;
  const exported = module[name ?? ''];
  if (typeof exported !== 'function') {
    throw Object.assign(new Error(`${process.env._HANDLER} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    });
  }
  return exported as Handler;
}

// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
function contextOf(awsRequestId: string, headers: Record<string, unknown>): object {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function described(error: unknown): object {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: inspect(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

async function fatal(error: unknown, type: string, code: number): Promise<never> {
  console.error(inspect(error));
  const own = error instanceof Error && error.name.startsWith('Runtime.') ? error.name : type;
  const message =
    error instanceof Error ? `${error.name === own ? '' : `${error.name}: `}${error.message}` : inspect(error);
  const path = requestId === undefined ? '/init/error' : `/invocation/${requestId}/error`;
  await call('POST', path, JSON.stringify({ errorType: own, errorMessage: message, trace: [] })).catch(() => {});
  process.exit(code);
}

function call(
  method: string,
  path: string,
  body?: string,
): Promise<{ headers: Record<string, unknown>; body: string }> {
  return new Promise((settle, fail) => {
    const sent = request(
      { host, port, method, path: BASE + path, headers: { 'content-type': 'application/json' } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => settle({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
        response.on('error', fail);
      },
    );
    sent.on('error', fail);
    sent.end(body);
  });
}
