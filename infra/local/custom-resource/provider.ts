import { setTimeout as sleep } from 'node:timers/promises';
import type { FunctionPool } from '../lambda/function-pool.ts';
import { FunctionFailed } from '../lambda/invocation.ts';

/** A request as CloudFormation sends it to a custom resource provider. */
export interface ProviderRequest {
  RequestType: 'Create' | 'Update';
  ServiceToken: string;
  ResponseURL: string;
  StackId: string;
  RequestId: string;
  LogicalResourceId: string;
  ResourceType: string;
  PhysicalResourceId?: string;
  ResourceProperties: Record<string, unknown>;
  OldResourceProperties?: Record<string, unknown>;
}

export interface Provider {
  onEvent: FunctionPool;
  isComplete: FunctionPool | undefined;
  /** Seconds between two calls of isComplete, and how many there are at most. */
  intervalSeconds: number;
  attempts: number;
}

export interface ProviderAnswer {
  physicalResourceId: string;
  data: Record<string, unknown>;
}

class CustomResourceFailed extends Error {
  override name = 'CustomResourceFailed';
}

/**
 * Calls a provider's functions as the CDK's provider framework does: onEvent once, then isComplete until it says so.
 * https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html#provider-framework
 *
 * @throws CustomResourceFailed with the function's own reason, or when the attempts are used up.
 */
export async function callProvider(provider: Provider, request: ProviderRequest): Promise<ProviderAnswer> {
  const result = ((await call(provider.onEvent, request, request)) ?? {}) as Record<string, unknown>;
  const physicalResourceId = String(result.PhysicalResourceId ?? request.PhysicalResourceId ?? request.RequestId);
  const event = { ...request, ...result, PhysicalResourceId: physicalResourceId };
  const data = (result.Data ?? {}) as Record<string, unknown>;
  if (provider.isComplete === undefined) return { physicalResourceId, data };

  for (let attempt = 0; ; attempt++) {
    const answer = ((await call(provider.isComplete, event, request)) ?? {}) as {
      IsComplete?: boolean;
      Data?: Record<string, unknown>;
    };
    if (answer.IsComplete === true) return { physicalResourceId, data: { ...data, ...answer.Data } };
    if (Object.keys(answer.Data ?? {}).length > 0) {
      throw new CustomResourceFailed(`${request.LogicalResourceId}: "Data" is not allowed if "IsComplete" is "False"`);
    }
    if (attempt >= provider.attempts) {
      throw new CustomResourceFailed(
        `${request.LogicalResourceId}: operation timed out; isComplete was not true after ${attempt + 1} calls, ${provider.intervalSeconds} s apart`,
      );
    }
    await sleep(provider.intervalSeconds * 1000);
  }
}

async function call(pool: FunctionPool, event: object, request: ProviderRequest): Promise<unknown> {
  const result = await pool.invoke(event);
  if (result.ok) return JSON.parse(result.payload);
  throw new CustomResourceFailed(
    `${request.LogicalResourceId} (${request.ResourceType}) failed: ${result.error.errorMessage}`,
    {
      cause: new FunctionFailed(pool.config.name, result.error),
    },
  );
}
