import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  type RecursiveLoop,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { acknowledgeWildcards } from './wildcards.ts';

export interface ServiceFunctionProps {
  description: string;
  /** Directory of the bundle: `index.mjs` and its source map. */
  bundle: string;
  /** The exported function, `handler` unless said otherwise. */
  handler?: string;
  timeoutSeconds: number;
  /** MiB; the share of a processor rises with it (1,769 MiB are one). */
  memorySize: number;
  logRetention: RetentionDays;
  /** For a function that calls itself through a queue on purpose: Lambda stops any other after 16 rounds. */
  recursiveLoop?: RecursiveLoop;
}

/** The namespace of all metrics, and their dimension `service`; the other one is `stack`. */
export const serviceName = 'project-versions';

/**
 * A Lambda function with what all of ours share: Node 24 on ARM64, outside any VPC, a log group with a retention,
 * and a role of its own that may at first do nothing but write that log and traces. Its logical id is `id` alone, so
 * that templates, logs and the console speak of `ListVersions`.
 */
export class ServiceFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = new LogGroup(scope, `${id}Log`, {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    super(scope, id, {
      description: props.description,
      code: Code.fromAsset(props.bundle),
      handler: `index.${props.handler ?? 'handler'}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.seconds(props.timeoutSeconds),
      memorySize: props.memorySize,
      tracing: Tracing.ACTIVE,
      ...(props.recursiveLoop && { recursiveLoop: props.recursiveLoop }),
      role,
      logGroup,
      environment: {
        POWERTOOLS_SERVICE_NAME: serviceName,
        STACK_NAME: Aws.STACK_NAME,
        POWERTOOLS_LOG_LEVEL: 'INFO',
      },
    });
    (this.node.defaultChild as CfnFunction).overrideLogicalId(id);
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn);
    acknowledgeWildcards(role, ['*'], 'X-Ray’s two actions know no resources; nothing else is allowed on *.');
  }

  /** Lets the function do these actions on this one resource. */
  allow(actions: string[], resource: string): void {
    this.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
  }
}
