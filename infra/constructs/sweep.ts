import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { MetadataQueue } from './metadata-queue.ts';
import { FunctionSchedule } from './schedule.ts';
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
    new FunctionSchedule(this, 'Schedule', {
      target: sweeper,
      description: 'Queues again deployed versions whose metadata did not come',
      every: everyMinutes,
      unit: 'minute',
    });
  }
}
