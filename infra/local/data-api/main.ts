import { resolve } from 'node:path';
import { type LocalPostgres, startPostgres } from '../postgres.ts';
import { type CliOptions, parseCli, USAGE } from './cli.ts';
import { parseFaults } from './control.ts';
import { Faults } from './faults.ts';
import { prepareRole } from './role.ts';
import { type DataApi, startDataApi } from './server.ts';

// A well-formed ARN of each kind, in an account that cannot exist.
const CLUSTER_ARN = 'arn:aws:rds:us-east-1:000000000000:cluster:local';
const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:local-AbCdEf';

/** `npm run data-api`: the Data API endpoint by itself, over its own PostgreSQL or one that is running. */
async function main(options: CliOptions): Promise<void> {
  const faults = options.faults.flatMap(parseFaults);
  new Faults().add(...faults);
  const own = options.postgres === undefined ? await startPostgres({ dataDir: resolve(options.data) }) : undefined;
  try {
    const api = await endpoint(options, own);
    api.faults.add(...faults);
    const stop = async (): Promise<void> => {
      await api.close();
      await own?.stop();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
  } catch (error) {
    await own?.stop();
    throw error;
  }
}

async function endpoint(options: CliOptions, own: LocalPostgres | undefined): Promise<DataApi> {
  const server = new URL(options.postgres ?? (own as LocalPostgres).url());
  const login =
    own === undefined
      ? { username: decodeURIComponent(server.username), password: decodeURIComponent(server.password) }
      : await prepareRole(server, options);
  const api = await startDataApi({
    postgres: { host: server.hostname, port: Number(server.port || 5432) },
    clusters: [{ clusterArn: CLUSTER_ARN }],
    secrets: new Map([[SECRET_ARN, login]]),
    strict: options.strict,
    nulls: options.typedNulls ? 'text' : 'untyped',
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  announce(api, server, options);
  return api;
}

function announce(api: DataApi, server: URL, { database, json }: CliOptions): void {
  const facts = {
    endpoint: api.url,
    clusterArn: CLUSTER_ARN,
    secretArn: SECRET_ARN,
    database,
    postgres: `${server.hostname}:${server.port || 5432}`,
  };
  if (json) console.log(JSON.stringify(facts));
  else
    console.log(`RDS Data API on ${facts.endpoint}
  cluster   ${facts.clusterArn}
  secret    ${facts.secretArn}
  database  ${facts.database} on ${facts.postgres}
  faults    curl ${facts.endpoint}/_faults -d '{"kind":"resuming","count":2}'

Try it:
  AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws --region us-east-1 --endpoint-url ${facts.endpoint} \\
    rds-data execute-statement --resource-arn ${facts.clusterArn} \\
    --secret-arn ${facts.secretArn} --database ${facts.database} --sql 'select version()'

Ctrl-C stops it; its data stays.`);
}

const parsed = parseCli(process.argv.slice(2));
if (parsed === 'help') console.log(USAGE);
else if (typeof parsed === 'string') {
  console.error(`${parsed}\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  main(parsed).catch((error: Error) => {
    console.error(`${error.name}: ${error.message}`);
    process.exitCode = 1;
  });
}
