import { parseDataDir, runCommand } from './cli.ts';
import { type Endpoints, LOCAL_USER, readEndpoints } from './endpoints.ts';
import { ADMINISTRATOR, PIPELINE } from './permissions/credentials.ts';

const USAGE = `Prints calls of the API, the queue and the database of the local stack. Copy and run each as it is.

  npm run -s examples [-- --data DIR]`;

await runCommand(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help')) return console.log(USAGE);
  console.log(examples(await readEndpoints(parseDataDir(args))));
});

/** A version of "my-project" is in the list after the first call. */
function examples({ api, token, sqs, dataApi, queueUrl, clusterArn, secretArn, database, region }: Endpoints): string {
  const aws = `AWS_ACCESS_KEY_ID=${ADMINISTRATOR.accessKeyId} AWS_SECRET_ACCESS_KEY=${ADMINISTRATOR.secretAccessKey} aws --region ${region} --endpoint-url`;
  return `Report a build, signed as the pipeline signs it (curl 7.87 or later):
  curl -s '${api}/pipeline/projects/my-project/versions' --aws-sigv4 aws:amz:${region}:execute-api --user ${PIPELINE.accessKeyId}:${PIPELINE.secretAccessKey} -H 'x-amz-security-token: ${PIPELINE.sessionToken}' -H 'content-type: application/json' -d '{"userId":"${LOCAL_USER}","prompt":"Add a search page"}'

List the versions of a project:
  curl -s '${api}/projects/my-project/versions?limit=3' -H 'authorization: Bearer ${token}'

Look at the queue and the database:
  ${aws} ${sqs} sqs get-queue-attributes --queue-url ${queueUrl} --attribute-names All
  ${aws} ${dataApi} rds-data execute-statement --resource-arn ${clusterArn} --secret-arn '${secretArn}' --database ${database} --sql 'select count(*) from project_versions'`;
}
