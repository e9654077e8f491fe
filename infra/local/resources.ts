import type { Account } from './account.ts';
import { customResource } from './custom-resource/custom-resource.ts';
import { stateMachineResource } from './custom-resource/state-machine-resource.ts';
import { clusterResource } from './database/cluster-resource.ts';
import { secretAttachmentResource, secretResource } from './database/secret-resources.ts';
import {
  apiResource,
  authorizerResource,
  integrationResource,
  routeResource,
  stageResource,
} from './gateway/api-resources.ts';
import { functionResource } from './lambda/function-resource.ts';
import {
  managedPolicyResource,
  policyResource,
  queuePolicyResource,
  roleResource,
  secretPolicyResource,
} from './permissions/iam-resources.ts';
import { mappingResource, queueResource } from './queue/queue-resources.ts';
import { scheduleResource } from './schedule/schedule-resource.ts';
import { rotationScheduleResource } from './secrets-manager/rotation-resource.ts';
import type { ResourceKind } from './template/deploy.ts';

/** Every resource type the local stack runs. A new one is a file like those above and a line here. */
export const RESOURCE_KINDS: readonly ResourceKind<Account>[] = [
  apiResource,
  authorizerResource,
  clusterResource,
  customResource,
  functionResource,
  integrationResource,
  managedPolicyResource,
  mappingResource,
  policyResource,
  queuePolicyResource,
  queueResource,
  roleResource,
  rotationScheduleResource,
  routeResource,
  scheduleResource,
  secretAttachmentResource,
  secretPolicyResource,
  secretResource,
  stageResource,
  stateMachineResource,
];
