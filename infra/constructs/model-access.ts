import { Arn, ArnFormat, Aws, Stack } from 'aws-cdk-lib/core';
import type { ServiceFunction } from './service-function.ts';
import { acknowledgeWildcards } from './wildcards.ts';

/** A model of Bedrock and how many calls of it a day may cost. */
export interface ModelConfig {
  id: string;
  callsPerDay: number;
}

/** Where a cross-region inference profile may send a request, before the dot of its id. */
const PROFILE = /^(?:us|us-gov|eu|apac|jp|au|ca|sa|global)\.(.+)$/;

/**
 * Lets a function invoke this one model, and tells it which. A cross-region inference profile has the model invoked in whichever region has room, so
 * the same model is allowed in all of them: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
 */
export function openModel(to: ServiceFunction, { id, callsPerDay }: ModelConfig): void {
  const stack = Stack.of(to);
  to.addEnvironment('MODEL_ID', id);
  to.addEnvironment('MODEL_CALLS_PER_DAY', String(callsPerDay));
  const bedrock = (resource: string, resourceName: string, place: { region?: string; account?: string }) =>
    Arn.format(
      { service: 'bedrock', resource, resourceName, ...place, arnFormat: ArnFormat.SLASH_RESOURCE_NAME },
      stack,
    );
  const action = ['bedrock:InvokeModel'];
  const [, model] = PROFILE.exec(id) ?? [];
  if (model === undefined) {
    to.allow(action, bedrock('foundation-model', id, { account: '' }));
    return;
  }
  to.allow(action, bedrock('inference-profile', id, {}));
  const anywhere = bedrock('foundation-model', model, { region: '*', account: '' });
  to.allow(action, anywhere);
  if (to.role) acknowledgeWildcards(to.role, [anywhere], 'One model, in the regions its inference profile may choose.');
  // A global profile names the model without a region as well.
  if (id.startsWith('global.')) to.allow(action, `arn:${Aws.PARTITION}:bedrock:::foundation-model/${model}`);
}
