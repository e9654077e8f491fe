import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { Database } from './database.ts';
import { FunctionSchedule } from './schedule.ts';
import { ServiceFunction } from './service-function.ts';

/**
 * Compares the database with what the system promises, on a schedule, with the login that sees all rows and may change least. A database that may pause
 * is not woken for it; there the function is called by hand, or `npm run integrity`.
 */
export class IntegrityCheck extends Construct {
  readonly checker: ServiceFunction;

  constructor(
    scope: Construct,
    id: string,
    { bundle, database, config }: { bundle: string; database: Database; config: Config },
  ) {
    super(scope, id);
    this.checker = new ServiceFunction(this, 'CheckIntegrity', {
      description: 'Compares the database with what the system promises, and changes nothing',
      bundle,
      // The longest there is: 20,000 versions a page, so some hundred million.
      timeoutSeconds: 900,
      memorySize: 256,
      logRetention: config.logRetentionDays as RetentionDays,
    });
    database.open(this.checker, 'worker', 'transactions');
    const every = config.integrityHours;
    if (every === undefined) return;
    new FunctionSchedule(this, 'Schedule', {
      target: this.checker,
      description: 'Compares the database with what the system promises',
      every,
      unit: 'hour',
    });
  }
}
