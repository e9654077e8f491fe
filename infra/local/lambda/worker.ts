import type { Credentials } from '../permissions/credentials.ts';
import { environmentOf, type FunctionConfig } from './environment.ts';
import type { FunctionLog } from './function-log.ts';
import { startFunctionProcess } from './function-process.ts';
import type { FunctionError, Invocation, InvocationResult } from './invocation.ts';
import { startRuntimeApi } from './runtime-api.ts';

// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
const INIT_TIMEOUT_MS = 10_000;
const ENDS_ITS_PROCESS = new Set(['Runtime.UncaughtException', 'Runtime.UnhandledPromiseRejection']);

/** One function process and its Runtime API: an execution environment. Takes one invocation at a time. */
export interface Worker {
  invoke(invocation: Invocation): Promise<InvocationResult>;
  /** False once the process has ended: the next invocation needs another worker. */
  alive(): boolean;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

export interface WorkerSurroundings {
  region: string;
  credentials: Credentials;
  log: FunctionLog;
  endpoints(): Record<string, string>;
}

/** Starts a function process; its initialization runs on while the first event is already waiting for it. */
export async function startWorker(config: FunctionConfig, surroundings: WorkerSurroundings): Promise<Worker> {
  const { log } = surroundings;
  let alive = true;
  let initError: FunctionError | undefined;
  let isReady = (): void => {};
  const ready = new Promise<void>((settle) => {
    isReady = settle;
  });

  const api = await startRuntimeApi(config.arn, {
    ready: () => isReady(),
    initFailed: (error) => {
      initError = error;
    },
  });
  const program = startFunctionProcess({
    environment: environmentOf(
      config,
      surroundings.region,
      api.address,
      surroundings.credentials,
      surroundings.endpoints(),
    ),
    memoryMegabytes: config.memoryMegabytes,
    onLine: (line) => log.write(line),
  });
  const ended = program.ended.then((how) => {
    alive = false;
    api.close();
    return how;
  });

  const run = async (invocation: Invocation): Promise<InvocationResult> => {
    const exit = ended.then(
      ({ code, signal }): InvocationResult => ({ ok: false, error: initError ?? exitError(code, signal) }),
    );
    const init = await within(INIT_TIMEOUT_MS, Promise.race([ready, exit]));
    if (init === TIMED_OUT) return await killed(`Init timed out after ${(INIT_TIMEOUT_MS / 1000).toFixed(2)} seconds`);
    if (init !== undefined) return init;

    const limit = config.timeoutSeconds * 1000;
    const result = await within(limit, Promise.race([api.invoke(invocation, Date.now() + limit), exit]));
    return result === TIMED_OUT
      ? await killed(`Task timed out after ${config.timeoutSeconds.toFixed(2)} seconds`)
      : result;
  };
  const killed = async (errorMessage: string): Promise<InvocationResult> => {
    program.kill();
    await ended;
    log.write(errorMessage);
    return { ok: false, error: { errorType: 'Sandbox.Timedout', errorMessage } };
  };

  return {
    alive: () => alive,
    invoke: async (invocation) => {
      log.write(`START RequestId: ${invocation.requestId} Version: $LATEST`);
      const started = performance.now();
      const result = await run(invocation);
      // The runtime reports an error and then ends its process; the next event must not meet it on its way out.
      if (!result.ok && ENDS_ITS_PROCESS.has(result.error.errorType)) await ended;
      // What the function wrote before it answered is already in its pipe: read in this turn of the loop, which ends here.
      await new Promise(setImmediate);
      log.write(`END RequestId: ${invocation.requestId}`);
      log.write(
        `REPORT RequestId: ${invocation.requestId}\tDuration: ${(performance.now() - started).toFixed(2)} ms\tMemory Size: ${config.memoryMegabytes} MB`,
      );
      return withRequestId(result, invocation.requestId);
    },
    stop: async () => {
      program.kill();
      await ended;
    },
  };
}

const TIMED_OUT = Symbol('timed out');

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | typeof TIMED_OUT> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof TIMED_OUT>((settle) => {
    timer = setTimeout(() => settle(TIMED_OUT), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function exitError(code: number | null, signal: NodeJS.Signals | null): FunctionError {
  if (code === 0) return { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited without providing a reason' };
  const how = signal === null ? `exit status ${code}` : `signal: ${signal === 'SIGKILL' ? 'killed' : signal}`;
  return { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with error: ${how}` };
}

// Lambda puts the request id before the messages that come from outside the function.
function withRequestId(result: InvocationResult, requestId: string): InvocationResult {
  if (result.ok || !['Runtime.ExitError', 'Sandbox.Timedout'].includes(result.error.errorType)) return result;
  return {
    ok: false,
    error: { ...result.error, errorMessage: `RequestId: ${requestId} Error: ${result.error.errorMessage}` },
  };
}
