import * as z from 'zod';
import type { Account } from '../account.ts';
import type { ResourceKind } from '../template/deploy.ts';
import { ignored, propertiesOf } from '../template/properties.ts';
import type { TemplateValue } from '../template/template.ts';

const document = z.custom<TemplateValue>((value) => typeof value === 'object' && value !== null, 'expected a policy');
const names = z.array(z.string()).default([]);

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
// A permissions boundary, users and groups are not known here and stop the start.
const Role = z.strictObject({
  RoleName: z.string().optional(),
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: document })).default([]),
  ManagedPolicyArns: names,
  // Who may assume a role is not asked: functions and the pipeline get their sessions from the start.
  AssumeRolePolicyDocument: ignored,
  Description: ignored,
  MaxSessionDuration: ignored,
  Path: ignored,
  Tags: ignored,
});

const Policy = z.strictObject({ PolicyName: z.string(), PolicyDocument: document, Roles: names });

const ManagedPolicy = z.strictObject({
  ManagedPolicyName: z.string().optional(),
  PolicyDocument: document,
  Roles: names,
  Description: ignored,
  Path: ignored,
});

const QueuePolicy = z.strictObject({ PolicyDocument: document, Queues: z.array(z.string()) });

const SecretPolicy = z.strictObject({ ResourcePolicy: document, SecretId: z.string(), BlockPublicPolicy: ignored });

/** A role with its inline and managed policies. */
export const roleResource: ResourceKind<Account> = {
  types: ['AWS::IAM::Role'],
  deploy: (resource, { permissions, stackName }) => {
    const properties = propertiesOf(resource, Role);
    const name = properties.RoleName ?? `${stackName}-${resource.logicalId}`;
    const arn = permissions.declare('role', name);
    for (const { PolicyName, PolicyDocument } of properties.Policies)
      permissions.attach(arn, PolicyDocument, `${resource.logicalId}.Policies.${PolicyName}`);
    for (const policyArn of properties.ManagedPolicyArns) permissions.attachManaged(arn, policyArn, resource.logicalId);
    return { ref: name, attribute: (attribute) => (attribute === 'Arn' ? arn : undefined) };
  },
};

/** An inline policy of roles that the template declares apart from them. */
export const policyResource: ResourceKind<Account> = {
  types: ['AWS::IAM::Policy'],
  deploy: (resource, { permissions }) => {
    const { PolicyDocument, Roles, PolicyName } = propertiesOf(resource, Policy);
    for (const role of Roles)
      permissions.attach(permissions.declare('role', role), PolicyDocument, `${resource.logicalId}.PolicyDocument`);
    return { ref: PolicyName };
  },
};

export const managedPolicyResource: ResourceKind<Account> = {
  types: ['AWS::IAM::ManagedPolicy'],
  deploy: (resource, { permissions, stackName }) => {
    const { ManagedPolicyName, PolicyDocument, Roles } = propertiesOf(resource, ManagedPolicy);
    const arn = permissions.declare('policy', ManagedPolicyName ?? `${stackName}-${resource.logicalId}`);
    permissions.attach(arn, PolicyDocument, `${resource.logicalId}.PolicyDocument`);
    for (const role of Roles) permissions.attachManaged(permissions.declare('role', role), arn, resource.logicalId);
    return { ref: arn, attribute: (attribute) => (attribute === 'PolicyArn' ? arn : undefined) };
  },
};

/** The resource policy of queues. */
export const queuePolicyResource: ResourceKind<Account> = {
  types: ['AWS::SQS::QueuePolicy'],
  deploy: (resource, { permissions, queues, stackName }) => {
    const { PolicyDocument, Queues } = propertiesOf(resource, QueuePolicy);
    for (const url of Queues)
      permissions.attach(queues.arnOf(url), PolicyDocument, `${resource.logicalId}.PolicyDocument`);
    return { ref: `${stackName}-${resource.logicalId}` };
  },
};

/** The resource policy of a secret. */
export const secretPolicyResource: ResourceKind<Account> = {
  types: ['AWS::SecretsManager::ResourcePolicy'],
  deploy: (resource, { permissions }) => {
    const { ResourcePolicy, SecretId } = propertiesOf(resource, SecretPolicy);
    permissions.attach(SecretId, ResourcePolicy, `${resource.logicalId}.ResourcePolicy`);
    return { ref: SecretId };
  },
};
