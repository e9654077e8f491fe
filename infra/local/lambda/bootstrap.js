// The program a function process runs: what /var/runtime does on Lambda. It asks the Runtime API for events, one at a time, and hands
// them to the handler of the bundle. Imports nothing of this project: the function's own code decides what its process holds.
// JavaScript, because stripping types takes 30 ms of every start; and node:http by name, as Lambda's own client takes it (`require('http')`), because an
// import of it by an ES module loads undici too, another 20 ms.
// @ts-check
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

const { request } = process.getBuiltinModule('node:http');

/** @typedef {(event: unknown, context: object) => unknown} Handler */

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':');
const BASE = '/2018-06-01/runtime';
/** @type {string | undefined} */
let requestId;

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
  /** @type {[path: string, body: string]} */
  let outcome;
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

/** @returns {Promise<Handler>} */
async function load() {
  const [file, name] = (process.env._HANDLER ?? '').split('.');
  const bundle = join(process.env.LAMBDA_TASK_ROOT ?? '', `${file}.mjs`);
  const module = await import(pathToFileURL(bundle).href);
  const exported = module[name ?? ''];
  if (typeof exported !== 'function') {
    throw Object.assign(new Error(`${process.env._HANDLER} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    });
  }
  return exported;
}

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 * @param {string} awsRequestId
 * @param {Record<string, unknown>} headers
 */
function contextOf(awsRequestId, headers) {
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

/** @param {unknown} error */
function described(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: inspect(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

/**
 * @param {unknown} error
 * @param {string} type
 * @param {number} code
 * @returns {Promise<never>}
 */
async function fatal(error, type, code) {
  console.error(inspect(error));
  const own = error instanceof Error && error.name.startsWith('Runtime.') ? error.name : type;
  const message =
    error instanceof Error ? `${error.name === own ? '' : `${error.name}: `}${error.message}` : inspect(error);
  const path = requestId === undefined ? '/init/error' : `/invocation/${requestId}/error`;
  await call('POST', path, JSON.stringify({ errorType: own, errorMessage: message, trace: [] })).catch(() => {});
  process.exit(code);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {string} [body]
 * @returns {Promise<{ headers: Record<string, unknown>; body: string }>}
 */
function call(method, path, body) {
  return new Promise((settle, fail) => {
    const sent = request(
      { host, port, method, path: BASE + path, headers: { 'content-type': 'application/json' } },
      (response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => settle({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
        response.on('error', fail);
      },
    );
    sent.on('error', fail);
    sent.end(body);
  });
}
