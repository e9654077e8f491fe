import { relative } from 'node:path';
import { DEFAULT_DATA_DIR, type Endpoints, LOCAL_USER } from './endpoints.ts';
import { ADMINISTRATOR, PIPELINE } from './permissions/credentials.ts';

/** What to type next: every line works as printed, in another terminal. */
export function nextSteps(endpoints: Endpoints, project: string, dataDir: string): string {
  const { api, token, sqs, dataApi, queueUrl, clusterArn, secretArn, database, region } = endpoints;
  const folder = shown(dataDir);
  const data = dataDir === DEFAULT_DATA_DIR ? '' : `--data ${folder}`;
  const options = data && ` -- ${data}`;
  const aws = `AWS_ACCESS_KEY_ID=${ADMINISTRATOR.accessKeyId} AWS_SECRET_ACCESS_KEY=${ADMINISTRATOR.secretAccessKey} aws --region ${region} --endpoint-url`;
  return `
Look at the history of ${project}, signed in as ${LOCAL_USER}:
  ${api}/?project=${encodeURIComponent(project)}&checkpoints

The API is at ${api}, the queue at ${sqs}, the database (Data API) at ${dataApi}.

List the versions of a project:
  curl -s '${api}/projects/${project}/versions?limit=3' -H 'authorization: Bearer ${token}'

Report a build, signed as the pipeline signs it (curl 7.87 or later):
  curl -s '${api}/pipeline/projects/${project}/versions' --aws-sigv4 aws:amz:${region}:execute-api --user ${PIPELINE.accessKeyId}:${PIPELINE.secretAccessKey} -H 'x-amz-security-token: ${PIPELINE.sessionToken}' -H 'content-type: application/json' -d '{"userId":"${LOCAL_USER}","prompt":"Add a search page"}'

Look at the queue and the database:
  ${aws} ${sqs} sqs get-queue-attributes --queue-url ${queueUrl} --attribute-names All
  ${aws} ${dataApi} rds-data execute-statement --resource-arn ${clusterArn} --secret-arn '${secretArn}' --database ${database} --sql 'select count(*) from project_versions'

For SDKs:        eval "$(npm run -s env${options})"
Another user:    npm run -s token -- --user ada${data && ` ${data}`}
Logs:            npm run logs${options}  (or the files in ${folder}/logs)
Queues:          npm run queue${options}
Stop:            Ctrl-C here; the data stays
Start over:      npm run reset${options}
`;
}

function shown(folder: string): string {
  const from = relative(process.cwd(), folder);
  return from === '' ? '.' : from.startsWith('..') ? folder : from;
}
