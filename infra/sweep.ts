import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from './config.ts';
import type { MetadataQueue } from './metadata-queue.ts';
import type { ServiceFunction } from './service-function.ts';

/**
 * The row is the outbox: what is deployed and still pending is queued again on a schedule. A database that may pause is not woken for it; there
 * the worker sweeps beside its batches, and the function is there to be called by hand.
 */
export class MetadataSweep extends Construct {
  constructor(
    scope: Construct,
    id: string,
    config: Config,
    { sweeper, worker, queue }: { sweeper: ServiceFunction; worker: ServiceFunction; queue: MetadataQueue },
  ) {
    super(scope, id);
    const { everyMinutes, afterSeconds, attempts } = config.sweep;
    const tell = (by: ServiceFunction) => {
      by.addEnvironment('SWEEP_AFTER_SECONDS', String(afterSeconds));
      by.addEnvironment('SWEEP_ATTEMPTS', String(attempts));
    };
    tell(sweeper);
    if (everyMinutes === undefined) {
      tell(worker);
      worker.allow(['sqs:SendMessage'], queue.queue.queueArn);
      return;
    }
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        // Nobody else's schedules: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [sweeper.functionArn] }));
    new CfnSchedule(this, 'Schedule', {
      description: 'Queues again deployed versions whose metadata did not come',
      scheduleExpression: `rate(${everyMinutes} ${everyMinutes === 1 ? 'minute' : 'minutes'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      // One that fails is followed by the next.
      target: { arn: sweeper.functionArn, roleArn: role.roleArn, retryPolicy: { maximumRetryAttempts: 0 } },
    });
  }
}
