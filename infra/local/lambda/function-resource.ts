import { join } from 'node:path';
import * as z from 'zod';
import type { Account } from '../account.ts';
import type { ResourceKind } from '../template/deploy.ts';
import { ignored, propertiesOf } from '../template/properties.ts';
import { TemplateNotRunnable } from '../template/template.ts';
import { openFunctionLog } from './function-log.ts';
import { FunctionPool } from './function-pool.ts';

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
const Properties = z.strictObject({
  Code: z.strictObject({ S3Bucket: ignored, S3Key: z.string() }),
  Handler: z.string().regex(/^[^.]+\.[^.]+$/, 'expected file.export'),
  Runtime: z.string().regex(/^nodejs/, 'only Node.js functions run locally'),
  FunctionName: z.string().optional(),
  MemorySize: z.coerce.number().default(128),
  Timeout: z.coerce.number().default(3),
  Role: z.string(),
  Environment: z
    .strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) })
    .default({ Variables: {} }),
  ReservedConcurrentExecutions: z.coerce.number().optional(),
  Architectures: ignored,
  Description: ignored,
  EphemeralStorage: ignored,
  KmsKeyArn: ignored,
  LoggingConfig: ignored,
  RecursiveLoop: ignored,
  RuntimeManagementConfig: ignored,
  Tags: ignored,
  TracingConfig: ignored,
  VpcConfig: ignored,
});

/** A function: known when deployed, its first process started when it is first called. */
export const functionResource: ResourceKind<Account> = {
  types: ['AWS::Lambda::Function'],
  deploy: (resource, account) => {
    const properties = propertiesOf(resource, Properties);
    const code = account.assembly.assetFolder(properties.Code.S3Key);
    if (code === undefined) {
      throw new TemplateNotRunnable(
        `${resource.logicalId}: the assembly has no asset ${properties.Code.S3Key}. Synthesize again.`,
      );
    }
    const name = properties.FunctionName ?? `${account.stackName}-${resource.logicalId}`;
    const arn = `arn:aws:lambda:${account.region}:${account.accountId}:function:${name}`;
    const pool = new FunctionPool(
      {
        logicalId: resource.logicalId,
        name,
        arn,
        code,
        handler: properties.Handler,
        timeoutSeconds: properties.Timeout,
        memoryMegabytes: properties.MemorySize,
        environment: properties.Environment.Variables,
        reservedConcurrency: properties.ReservedConcurrentExecutions,
      },
      {
        region: account.region,
        credentials: account.permissions.assume(properties.Role, name),
        log: openFunctionLog(join(account.dataDir, 'logs'), name),
        endpoints: () => account.endpoints,
      },
    );
    account.functions.add(pool);
    account.onStop(() => pool.stop());
    return { ref: name, attribute: (attribute) => (attribute === 'Arn' ? arn : undefined) };
  },
};
