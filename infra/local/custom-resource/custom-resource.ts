import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import type { Account } from '../account.ts';
import { StateFile } from '../state-file.ts';
import type { Declared, ResourceKind } from '../template/deploy.ts';
import { propertiesOf } from '../template/properties.ts';
import { TemplateNotRunnable, type TemplateValue } from '../template/template.ts';
import { callProvider, type Provider, type ProviderRequest } from './provider.ts';

interface Known {
  physicalResourceId: string;
  properties: Record<string, unknown>;
  data: Record<string, unknown>;
}

const Waiter = z.looseObject({ IntervalSeconds: z.number(), MaxAttempts: z.number() });

/**
 * A custom resource behind the CDK's provider framework: Create the first time, Update when its properties have changed, nothing when
 * they have not. What depends on it starts when it is complete. Nothing is rolled back when it fails: the start stops with its reason.
 */
export const customResource: ResourceKind<Account> = {
  types: ['AWS::CloudFormation::CustomResource'],
  deploy: async (resource, account) => {
    const { ServiceToken } = propertiesOf(resource, z.looseObject({ ServiceToken: z.string() }));
    const properties = asText(resource.properties) as Record<string, unknown>;
    const file = new StateFile<Record<string, Known>>(join(account.dataDir, 'custom-resources.json'), {});
    let known = file.read()[resource.logicalId];
    if (known === undefined || JSON.stringify(known.properties) !== JSON.stringify(properties)) {
      const provider = providerOf(ServiceToken, resource, account);
      const answer = await callProvider(provider, requestFor(resource, ServiceToken, properties, known, account));
      known = { ...answer, properties };
      file.write({ ...file.read(), [resource.logicalId]: known });
    }
    const { physicalResourceId, data } = known;
    return {
      ref: physicalResourceId,
      attribute: (name) => (data[name] === undefined ? undefined : String(data[name])),
    };
  },
};

function requestFor(
  resource: Declared,
  serviceToken: string,
  properties: Record<string, unknown>,
  known: Known | undefined,
  account: Account,
): ProviderRequest {
  return {
    RequestType: known === undefined ? 'Create' : 'Update',
    ServiceToken: serviceToken,
    // The framework answers CloudFormation, not the function; nothing listens here.
    ResponseURL: 'https://cloudformation-custom-resource-response.localhost/',
    StackId: `arn:aws:cloudformation:${account.region}:${account.accountId}:stack/${account.stackName}/local`,
    RequestId: randomUUID(),
    LogicalResourceId: resource.logicalId,
    ResourceType: resource.type,
    ResourceProperties: properties,
    ...(known === undefined
      ? {}
      : { PhysicalResourceId: known.physicalResourceId, OldResourceProperties: known.properties }),
  };
}

function providerOf(serviceToken: string, resource: Declared, account: Account): Provider {
  const framework = account.functions.get(serviceToken, `${resource.logicalId}.ServiceToken`).config.environment;
  const onEvent = framework.USER_ON_EVENT_FUNCTION_ARN;
  if (onEvent === undefined) {
    throw new TemplateNotRunnable(
      `${resource.logicalId}: its ServiceToken is not the provider framework of aws-cdk-lib/custom-resources; the local stack runs no other custom resource`,
    );
  }
  const isComplete = framework.USER_IS_COMPLETE_FUNCTION_ARN;
  return {
    onEvent: account.functions.get(onEvent, resource.logicalId),
    isComplete: isComplete === undefined ? undefined : account.functions.get(isComplete, resource.logicalId),
    ...waiterOf(account.stateMachines.get(framework.WAITER_STATE_MACHINE_ARN ?? ''), resource),
  };
}

/** The framework writes its interval and its attempts (total timeout / interval) into the waiter's retry rule. */
function waiterOf(definition: string | undefined, resource: Declared): Pick<Provider, 'intervalSeconds' | 'attempts'> {
  if (definition === undefined) return { intervalSeconds: 5, attempts: 0 };
  const states = Object.values((JSON.parse(definition) as { States: Record<string, { Retry?: unknown[] }> }).States);
  const retry = Waiter.safeParse(states.find(({ Retry }) => Retry !== undefined)?.Retry?.[0]);
  if (!retry.success)
    throw new TemplateNotRunnable(
      `${resource.logicalId}: its waiter state machine has no retry rule to read the interval from`,
    );
  return { intervalSeconds: retry.data.IntervalSeconds, attempts: retry.data.MaxAttempts };
}

/** CloudFormation sends every number and boolean of a custom resource as a string. */
function asText(value: TemplateValue): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asText(each)]));
  }
  return value === null ? value : String(value);
}
