import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

/** Calls one function again and again, the first time when it is deployed. Its role may do nothing else. */
export class FunctionSchedule extends Construct {
  constructor(
    scope: Construct,
    id: string,
    {
      target,
      description,
      every,
      unit,
    }: { target: ServiceFunction; description: string; every: number; unit: 'minute' | 'hour' },
  ) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        // Nobody else's schedules: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.functionArn] }));
    new CfnSchedule(this, 'Schedule', {
      description,
      scheduleExpression: `rate(${every} ${unit}${every === 1 ? '' : 's'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      // A call that does not reach the function is followed by the next; one that fails in it Lambda repeats twice, a minute and two later, as every call that
      // nobody waits for: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
      target: { arn: target.functionArn, roleArn: role.roleArn, retryPolicy: { maximumRetryAttempts: 0 } },
    });
  }
}
