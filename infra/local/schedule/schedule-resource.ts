import * as z from 'zod';
import type { Account } from '../account.ts';
import type { FunctionPool } from '../lambda/function-pool.ts';
import { AccessDenied } from '../permissions/permissions.ts';
import type { ResourceKind } from '../template/deploy.ts';
import { ignored, propertiesOf } from '../template/properties.ts';
import { rateOf } from './rate.ts';

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
const Properties = z.strictObject({
  ScheduleExpression: z.string(),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF') }),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Target: z.strictObject({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string().default('{}'),
    // Here nothing is between schedule and function that could fail by itself; one that fails is followed by the next.
    RetryPolicy: ignored,
  }),
  Description: ignored,
  Name: ignored,
  GroupName: ignored,
});

/** A function called at a rate, the first time when it is deployed, as a schedule without a start date is. */
export const scheduleResource: ResourceKind<Account> = {
  types: ['AWS::Scheduler::Schedule'],
  deploy: (resource, account) => {
    const { ScheduleExpression, State, Target } = propertiesOf(resource, Properties);
    const every = rateOf(ScheduleExpression, `${resource.logicalId}.ScheduleExpression`);
    const pool = account.functions.get(Target.Arn, `${resource.logicalId}.Target.Arn`);
    const { accessKeyId } = account.permissions.assume(Target.RoleArn, resource.logicalId);
    const call = () => {
      try {
        account.permissions.authorize(accessKeyId, 'lambda:InvokeFunction', Target.Arn);
      } catch (error) {
        if (!(error instanceof AccessDenied)) throw error;
        return pool.report(`PROBLEM: schedule ${resource.logicalId}: ${error.message}`);
      }
      void invoke(pool, resource.logicalId, Target.Input);
    };
    if (State === 'ENABLED') {
      call();
      const timer = setInterval(call, every).unref();
      account.onStop(async () => clearInterval(timer));
    }
    return { ref: `${account.stackName}-${resource.logicalId}` };
  },
};

async function invoke(pool: FunctionPool, schedule: string, input: string): Promise<void> {
  try {
    const result = await pool.invoke(JSON.parse(input));
    if (!result.ok) pool.report(`PROBLEM: schedule ${schedule}: ${result.error.errorMessage}`);
  } catch (error) {
    pool.report(`PROBLEM: schedule ${schedule}: ${(error as Error).message}`);
  }
}
