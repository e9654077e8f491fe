import {
  AccountPrincipal,
  AccountRootPrincipal,
  ArnPrincipal,
  type CfnRole,
  CompositePrincipal,
  PolicyStatement,
  Role,
} from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from './wildcards.ts';

/** Who may assume the role and what it may do. */
export interface PipelineRoleProps {
  /** Account ids or ARNs; when empty, whoever the stack's own account lets assume it. */
  principals: string[];
  queueArn: string;
  routeArns: string[];
}

/**
 * The role a deploy pipeline takes on, also from another account: HTTP APIs have no resource policy, so a foreign
 * account can call an IAM route only as a role of this one. It sends to the queue and calls the pipeline's routes.
 */
export class PipelineRole extends Construct {
  readonly roleArn: string;

  constructor(scope: Construct, id: string, { principals, queueArn, routeArns }: PipelineRoleProps) {
    super(scope, id);
    const [first = new AccountRootPrincipal(), ...others] = principals.map((principal) =>
      principal.startsWith('arn:') ? new ArnPrincipal(principal) : new AccountPrincipal(principal),
    );
    const role = new Role(this, 'Role', {
      description: 'Reports builds and deployments to project-versions',
      assumedBy: new CompositePrincipal(first, ...others),
    });
    (role.node.defaultChild as CfnRole).overrideLogicalId('PipelineRole');
    role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] }));
    role.addToPolicy(new PolicyStatement({ actions: ['execute-api:Invoke'], resources: routeArns }));
    acknowledgeWildcards(role, routeArns, 'Each * is a path parameter; method and path around it are named.');
    this.roleArn = role.roleArn;
  }
}
