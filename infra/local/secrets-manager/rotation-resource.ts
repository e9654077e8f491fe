import * as z from 'zod';
import type { Account } from '../account.ts';
import type { FunctionPool } from '../lambda/function-pool.ts';
import { FunctionFailed } from '../lambda/invocation.ts';
import type { ResourceKind } from '../template/deploy.ts';
import { ignored, propertiesOf } from '../template/properties.ts';

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-rotationschedule.html
const Properties = z.strictObject({
  SecretId: z.string(),
  RotationLambdaARN: z.string(),
  // A month is longer than a local stack runs: here a rotation begins when somebody asks for it.
  RotationRules: ignored,
  RotateImmediatelyOnUpdate: z.literal(false, 'a rotation on deployment would be lost here'),
});

// https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/** A secret that a function rotates: when RotateSecret is called, not by the calendar. */
export const rotationScheduleResource: ResourceKind<Account> = {
  types: ['AWS::SecretsManager::RotationSchedule'],
  deploy: (resource, account) => {
    const { SecretId, RotationLambdaARN } = propertiesOf(resource, Properties);
    const pool = account.functions.get(RotationLambdaARN, `${resource.logicalId}.RotationLambdaARN`);
    account.secretsManager.rotateBy(SecretId, (versionId) => rotate(pool, SecretId, versionId));
    return { ref: SecretId };
  },
};

/** @throws FunctionFailed with the step's error; the version stays pending. */
async function rotate(pool: FunctionPool, secretArn: string, versionId: string): Promise<void> {
  for (const step of STEPS) {
    const result = await pool.invoke({ Step: step, SecretId: secretArn, ClientRequestToken: versionId });
    if (!result.ok) throw new FunctionFailed(pool.config.name, result.error);
  }
}
