import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { type MigrationsEvent, runSlice } from './migrations/custom-resource.ts';
import type { Migration } from './migrations/migration.ts';
import { correlationOf, invoked } from './platform/correlation.ts';

/** The files of migrations/, compiled in when the function is bundled. */
declare const __MIGRATIONS__: Migration[];

/** One and the same for ever: another id would make CloudFormation delete the old resource. */
const PHYSICAL_ID = 'project-versions-migrations';

/** Called once a deployment, first. Nothing is ever deleted, and an id this function never issued is left as it is. */
export async function onEvent(event: CloudFormationCustomResourceEvent) {
  const PhysicalResourceId = 'PhysicalResourceId' in event ? event.PhysicalResourceId : PHYSICAL_ID;
  return { PhysicalResourceId, StartedAt: new Date().toISOString() };
}

/** Called until it answers `IsComplete`. All work of a deployment has the id of CloudFormation's request. */
export const isComplete = (event: MigrationsEvent, context: Context) =>
  invoked(context.awsRequestId, correlationOf(context.awsRequestId, event.RequestId), () =>
    runSlice(event, __MIGRATIONS__, context.getRemainingTimeInMillis()),
  );
