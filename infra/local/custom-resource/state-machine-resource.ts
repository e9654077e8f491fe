import * as z from 'zod';
import type { Account } from '../account.ts';
import type { ResourceKind } from '../template/deploy.ts';
import { ignored, propertiesOf } from '../template/properties.ts';

const Properties = z.looseObject({ DefinitionString: z.string(), RoleArn: ignored });

/**
 * The waiter of the custom resource provider framework. It is not run: the framework's part is played by `provider.ts`, which reads the
 * interval and the number of attempts here.
 */
export const stateMachineResource: ResourceKind<Account> = {
  types: ['AWS::StepFunctions::StateMachine'],
  deploy: (resource, account) => {
    const { DefinitionString } = propertiesOf(resource, Properties);
    const name = `${account.stackName}-${resource.logicalId}`;
    const arn = `arn:aws:states:${account.region}:${account.accountId}:stateMachine:${name}`;
    account.stateMachines.set(arn, DefinitionString);
    return { ref: arn, attribute: (attribute) => ({ Arn: arn, Name: name })[attribute] };
  },
};
