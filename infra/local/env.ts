import { parseDataDir, runCommand } from './cli.ts';
import { readEndpoints } from './endpoints.ts';
import { ADMINISTRATOR, PIPELINE } from './permissions/credentials.ts';

/** `eval "$(npm run -s env)"`: points AWS SDKs and newer AWS CLIs of a shell at the local stack, as its administrator. */
await runCommand(async () => {
  const endpoints = await readEndpoints(parseDataDir(process.argv.slice(2)));
  const variables = {
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_RDS_DATA: endpoints.dataApi,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: endpoints.model,
    AWS_REGION: endpoints.region,
    AWS_DEFAULT_REGION: endpoints.region,
    AWS_ACCESS_KEY_ID: ADMINISTRATOR.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ADMINISTRATOR.secretAccessKey,
    PIPELINE_ACCESS_KEY_ID: PIPELINE.accessKeyId,
    PIPELINE_SECRET_ACCESS_KEY: PIPELINE.secretAccessKey,
    PIPELINE_SESSION_TOKEN: PIPELINE.sessionToken,
    API: endpoints.api,
    TOKEN: endpoints.token,
    QUEUE_URL: endpoints.queueUrl,
    DEAD_LETTER_QUEUE_URL: endpoints.deadLetterQueueUrl,
    CLUSTER_ARN: endpoints.clusterArn,
    SECRET_ARN: endpoints.secretArn,
    DATABASE: endpoints.database,
  };
  // Of the shell's own account; SDKs would send the one, and prefer the other to the keys below.
  console.log('unset AWS_SESSION_TOKEN AWS_PROFILE');
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}='${value}'`);
});
