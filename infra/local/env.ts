import { parseDataDir, runCommand } from './cli.ts';
import { readEndpoints } from './endpoints.ts';

/** `eval "$(npm run -s env)"`: points AWS SDKs and newer AWS CLIs of a shell at the local stack. */
await runCommand(async () => {
  const endpoints = await readEndpoints(parseDataDir(process.argv.slice(2)));
  const variables = {
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_RDS_DATA: endpoints.dataApi,
    AWS_REGION: endpoints.region,
    AWS_DEFAULT_REGION: endpoints.region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    API: endpoints.api,
    TOKEN: endpoints.token,
    QUEUE_URL: endpoints.queueUrl,
    DEAD_LETTER_QUEUE_URL: endpoints.deadLetterQueueUrl,
    CLUSTER_ARN: endpoints.clusterArn,
    SECRET_ARN: endpoints.secretArn,
    DATABASE: endpoints.database,
  };
  for (const [name, value] of Object.entries(variables)) console.log(`export ${name}='${value}'`);
});
