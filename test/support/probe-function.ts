import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionConfig } from '../../infra/local/lambda/environment.ts';
import { openFunctionLog } from '../../infra/local/lambda/function-log.ts';
import { FunctionPool, type PoolOptions } from '../../infra/local/lambda/function-pool.ts';

/** A function of test/support/assembly in processes of its own, without a stack around it. */
export function probeFunction(
  code: 'echo' | 'work',
  config: Partial<FunctionConfig> = {},
  options: PoolOptions = {},
): FunctionPool {
  const name = config.name ?? `probe-${code}`;
  return new FunctionPool(
    {
      logicalId: 'Probe',
      name,
      arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      code: join(import.meta.dirname, 'assembly', code),
      handler: 'index.handler',
      timeoutSeconds: 5,
      memoryMegabytes: 256,
      environment: {},
      reservedConcurrency: undefined,
      ...config,
    },
    {
      region: 'us-east-1',
      credentials: { accessKeyId: 'ASIAPROBE00000000000', secretAccessKey: 'probe', sessionToken: 'probe' },
      log: openFunctionLog(mkdtempSync(join(tmpdir(), 'probe-log-')), name),
      endpoints: () => ({ AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1' }),
    },
    options,
  );
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
