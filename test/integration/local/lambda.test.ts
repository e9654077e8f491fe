import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FunctionPool } from '../../../infra/local/lambda/function-pool.ts';
import type { InvocationResult } from '../../../infra/local/lambda/invocation.ts';
import { alive, probeFunction } from '../../support/probe-function.ts';

const answer = (result: InvocationResult) => {
  if (!result.ok) throw new Error(result.error.errorMessage);
  return JSON.parse(result.payload);
};
const failure = (result: InvocationResult) => (result.ok ? undefined : result.error);

describe('a function process', () => {
  let echo: FunctionPool;
  beforeAll(() => {
    echo = probeFunction('echo', {
      timeoutSeconds: 1,
      environment: { GREETING: 'hello', NODE_OPTIONS: '--enable-source-maps' },
    });
  });
  afterAll(() => echo.stop());

  it('starts when first called and serves the next call too', async () => {
    expect(echo.processes).toBe(0);
    const first = answer(await echo.invoke({ hello: 'world' }));
    const second = answer(await echo.invoke({}));
    expect(first.event).toEqual({ hello: 'world' });
    expect([first.calls, second.calls]).toEqual([1, 2]);
    expect(second.pid).toBe(first.pid);
  });

  it('gets the context Lambda gives', async () => {
    const { context } = answer(await echo.invoke({}, '6bc28136-xmpl-4365-b021-0ce6b2e64ab0'));
    expect(context).toMatchObject({
      awsRequestId: '6bc28136-xmpl-4365-b021-0ce6b2e64ab0',
      functionName: 'probe-echo',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:probe-echo',
      memoryLimitInMB: '256',
    });
    expect(context.remaining).toBeGreaterThan(500);
    expect(context.remaining).toBeLessThanOrEqual(1000);
  });

  it("has the template's environment, Lambda's, endpoints and credentials of its own, and none of ours", async () => {
    process.env.A_SECRET_OF_THE_DEVELOPER = 'x';
    const { environment, execArgv } = answer(await echo.invoke({}));
    expect(environment).toMatchObject({
      GREETING: 'hello',
      AWS_REGION: 'us-east-1',
      _HANDLER: 'index.handler',
      AWS_LAMBDA_FUNCTION_NAME: 'probe-echo',
      AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1',
      AWS_ACCESS_KEY_ID: 'ASIAPROBE00000000000',
    });
    expect(environment).not.toHaveProperty('A_SECRET_OF_THE_DEVELOPER');
    expect(environment).not.toHaveProperty('HOME');
    expect(execArgv).toContain('--max-old-space-size=230');
  });

  it('fails with the type and message of what the handler threw, and lives on', async () => {
    const before = answer(await echo.invoke({})).pid;
    expect(failure(await echo.invoke({ do: 'throw' }))).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'asked to throw',
    });
    expect(answer(await echo.invoke({})).pid).toBe(before);
  });

  it('answers null when the handler returns nothing', async () => {
    expect(answer(await echo.invoke({ do: 'nothing' }))).toBeNull();
  });

  it.each([
    ['exit', 'Runtime.ExitError', /Runtime exited with error: exit status 3$/],
    ['kill', 'Runtime.ExitError', /Runtime exited with error: signal: killed$/],
    ['reject', 'Runtime.UnhandledPromiseRejection', /nobody listens/],
  ])('that ends by itself (%s) fails the call, and the next call gets a new one', async (wish, errorType, message) => {
    const before = answer(await echo.invoke({})).pid;
    const error = failure(await echo.invoke({ do: wish }));
    expect(error?.errorType).toBe(errorType);
    expect(error?.errorMessage).toMatch(message);
    const after = answer(await echo.invoke({}));
    expect(after.pid).not.toBe(before);
    expect(after.calls).toBe(1);
  });

  it.each(['hang', 'spin'])('that is not done at its timeout (%s) is killed', async (wish) => {
    const { pid } = answer(await echo.invoke({}));
    const error = failure(await echo.invoke({ do: wish }, 'the-request'));
    expect(error).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: 'RequestId: the-request Error: Task timed out after 1.00 seconds',
    });
    expect(alive(pid)).toBe(false);
  });

  it('may answer at most 6 MB', async () => {
    expect(answer(await echo.invoke({ do: 'large', bytes: 6_291_554 }))).toHaveLength(6_291_554);
    expect(failure(await echo.invoke({ do: 'large', bytes: 6_291_555 }))?.errorType).toBe(
      'Function.ResponseSizeTooLarge',
    );
    expect(failure(await echo.invoke({ do: 'throw' }))?.errorType).toBe('RangeError');
  });

  it('is not given more than 6 MB', async () => {
    await expect(echo.invoke({ body: 'x'.repeat(6_300_000) })).rejects.toThrow(
      'a synchronous invocation takes at most 6291556',
    );
  });

  it('writes its lines to the log, between those Lambda writes', async () => {
    await echo.invoke({ do: 'nothing' }, 'logged-request');
    const from = echo.log.indexOf('START RequestId: logged-request Version: $LATEST');
    expect(JSON.parse(echo.log[from + 1] ?? '')).toMatchObject({ asked: 'nothing' });
    expect(echo.log[from + 2]).toBe('END RequestId: logged-request');
    expect(echo.log[from + 3]).toMatch(/^REPORT RequestId: logged-request\tDuration: [\d.]+ ms\tMemory Size: 256 MB$/);
  });
});

describe('a function that cannot be loaded', () => {
  it.each([
    ['index.missing', 'Runtime.HandlerNotFound', 'index.missing is undefined or not exported'],
    ['absent.handler', 'Runtime.ImportModuleError', 'Cannot find module'],
  ])('(%s) fails every call with the reason', async (handler, errorType, message) => {
    const broken = probeFunction('echo', { handler });
    for (const _ of [1, 2]) {
      const error = failure(await broken.invoke({}));
      expect(error?.errorType).toBe(errorType);
      expect(error?.errorMessage).toContain(message);
    }
    await broken.stop();
  });
});

describe('the processes of a function', () => {
  it('take one call each at a time, as many as the limit allows', async () => {
    const pool = probeFunction('echo', { reservedConcurrency: 2 });
    const seen = await Promise.all([1, 2, 3, 4].map(() => pool.invoke({ do: 'wait', milliseconds: 200 })));
    expect(new Set(seen.map((result) => answer(result).pid)).size).toBe(2);
    expect(pool.processes).toBe(2);
    await pool.stop();
    expect(pool.processes).toBe(0);
  });

  it('end when they have had nothing to do for a while', async () => {
    const pool = probeFunction('echo', {}, { idleMilliseconds: 50 });
    const { pid } = answer(await pool.invoke({}));
    await vi.waitFor(() => expect(alive(pid)).toBe(false));
    expect(answer(await pool.invoke({})).calls).toBe(1);
    await pool.stop();
  });

  it('run new code when it is replaced, without failing a call', async () => {
    const pool = probeFunction('echo');
    await pool.invoke({});
    const underWay = pool.invoke({ do: 'wait', milliseconds: 200 });
    await vi.waitFor(() => expect(pool.log.at(-1)).toContain('"asked":"wait"'));
    pool.replaceCode(join(import.meta.dirname, '../../support/assembly/work'));
    expect(answer(await underWay)).toHaveProperty('pid');
    expect(answer(await pool.invoke({ Records: [] }))).toEqual({ batchItemFailures: [] });
    await pool.stop();
  });

  it('are gone when their parent is killed with -9, one stuck in a loop too', async () => {
    const script = `
      import { probeFunction } from '${join(import.meta.dirname, '../../support/probe-function.ts')}';
      const pool = probeFunction('echo', { timeoutSeconds: 60 });
      const { payload } = await pool.invoke({});
      pool.invoke({ do: 'spin' });
      setTimeout(() => console.log(JSON.parse(payload).pid), 200);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line));
    // Busy in its loop, not merely waiting to be read to its end.
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2]).toBe('R');
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 3_000 });
  });
});
