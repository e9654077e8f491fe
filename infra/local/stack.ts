import { join, resolve } from 'node:path';
import { type Account, Functions, type Ports } from './account.ts';
import { ACCOUNT_ID } from './account-id.ts';
import type { DataApi } from './data-api/server.ts';
import { SecretStore } from './database/secrets.ts';
import { type Endpoints, LOCAL_USER, writeEndpoints } from './endpoints.ts';
import { LocalIssuer, type TokenRequest } from './issuer/issuer.ts';
import { registrationOf } from './issuer/registration.ts';
import { discoveryUrl, serveIssuer } from './issuer/server.ts';
import type { FunctionPool } from './lambda/function-pool.ts';
import { type ModelServer, startModelServer } from './model/server.ts';
import { ADMINISTRATOR, PIPELINE } from './permissions/credentials.ts';
import { Permissions } from './permissions/permissions.ts';
import { type LocalPostgres, startPostgres } from './postgres.ts';
import { startQueueServer } from './queue/queue-server.ts';
import { RESOURCE_KINDS } from './resources.ts';
import { startSecretsManager } from './secrets-manager/server.ts';
import { Shutdown } from './shutdown.ts';
import { lockDataDir } from './stack-lock.ts';
import { readAssembly } from './template/assembly.ts';
import { deployTemplate } from './template/deploy.ts';
import { TemplateNotRunnable } from './template/template.ts';

export interface LocalStackOptions {
  /** The cloud assembly to run (`cdk.out`), or its synthesis, under way or to be begun: PostgreSQL starts meanwhile. */
  assembly: string | Promise<string> | (() => Promise<string>);
  dataDir: string;
  /** Of the API; SQS, the Data API, PostgreSQL, Secrets Manager, the model and the issuer get the six after it. Default: any free ones. */
  port?: number;
  /** false: do not wait for the disk. For tests. */
  durable?: boolean;
}

/** The deployed stack on this machine. */
export interface LocalStack {
  endpoints: Endpoints;
  outputs: Record<string, string>;
  dataApi: DataApi;
  /** The model of Bedrock, and what it is to answer. */
  model: ModelServer;
  postgres: LocalPostgres;
  functions: FunctionPool[];
  /** The function whose logical id in the template starts with `prefix`, as `ListVersions`. */
  function(prefix: string): FunctionPool;
  /** A token as a front end would bring it; issuer and audience are the API's own unless given. */
  mintToken(request: Partial<TokenRequest> & { subject: string }): Promise<string>;
  /** Ends everything that was started; what it leaves is data. Safe to call twice. */
  stop(): Promise<void>;
}

const REGION = 'us-east-1';

/**
 * Runs a synthesized stack on this machine: what its template declares, in the template's order, with its data in `dataDir`.
 *
 * @throws TemplateNotRunnable when the template holds what cannot be run here; CustomResourceFailed with the migrations' reason;
 * AlreadyRunning; CannotListen. Nothing is left running then.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const dataDir = resolve(options.dataDir);
  const unlock = lockDataDir(dataDir);
  const shutdown = new Shutdown();
  shutdown.add(async () => unlock());
  try {
    return await deploy(options, dataDir, shutdown);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

async function deploy(options: LocalStackOptions, dataDir: string, shutdown: Shutdown): Promise<LocalStack> {
  const at = options.port ?? 0;
  const port = (offset: number): number => (at === 0 ? 0 : at + offset);
  const ports: Ports = {
    api: at,
    sqs: port(1),
    dataApi: port(2),
    secretsManager: port(4),
    model: port(5),
    issuer: port(6),
  };
  const postgres = startPostgres({
    dataDir: join(dataDir, 'postgres'),
    durable: options.durable ?? true,
    onRestart: (message) => console.error(message),
    ...(at === 0 ? {} : { port: port(3) }),
  });
  // Also when something else fails first: PostgreSQL is then stopped as soon as it has started.
  shutdown.add(() =>
    postgres.then(
      (running) => running.stop(),
      () => {},
    ),
  );
  const permissions = new Permissions(ACCOUNT_ID, REGION);
  permissions.addAdministrator('administrator', ADMINISTRATOR);
  const queues = startQueueServer(join(dataDir, 'queues'), ports.sqs, REGION, permissions);
  shutdown.add(() =>
    queues.then(
      (running) => running.close(),
      () => {},
    ),
  );
  const secrets = new SecretStore(dataDir);
  const secretsManager = startSecretsManager({
    secrets,
    port: ports.secretsManager,
    access: permissions,
  });
  shutdown.add(() =>
    secretsManager.then(
      (running) => running.close(),
      () => {},
    ),
  );
  const model = startModelServer({
    port: ports.model,
    accountId: ACCOUNT_ID,
    region: REGION,
    access: permissions,
  });
  shutdown.add(() =>
    model.then(
      (running) => running.close(),
      () => {},
    ),
  );
  const issuer = LocalIssuer.open(dataDir);
  const issuerServer = issuer.then((keys) =>
    serveIssuer(keys, ports.issuer, () => registrationOf(account), LOCAL_USER),
  );
  shutdown.add(() =>
    issuerServer.then(
      (running) => running.close(),
      () => {},
    ),
  );
  const folder = typeof options.assembly === 'function' ? options.assembly() : options.assembly;
  const assembly = Promise.resolve(folder).then(readAssembly);
  await Promise.all([queues, secretsManager, model, issuerServer, assembly]);

  const account: Account = {
    accountId: ACCOUNT_ID,
    region: REGION,
    stackName: (await assembly).stackName,
    dataDir,
    ports,
    assembly: await assembly,
    endpoints: {
      AWS_ENDPOINT_URL_SQS: (await queues).url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: (await secretsManager).url,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: (await model).url,
      SIGN_IN_DISCOVERY_URL: discoveryUrl((await issuerServer).url),
    },
    postgres,
    secrets,
    secretsManager: await secretsManager,
    queues: await queues,
    issuer: await issuer,
    permissions,
    functions: new Functions(),
    stateMachines: new Map(),
    databases: new Map(),
    apis: new Map(),
    onStop: (stop) => shutdown.add(stop),
  };
  const place = {
    accountId: ACCOUNT_ID,
    region: REGION,
    stackName: account.stackName,
    secret: account.secrets.value.bind(account.secrets),
  };
  const outputs = await deployTemplate(account.assembly.template, RESOURCE_KINDS, place, account);
  for (const api of account.apis.values()) api.deploying = false;
  return await running(account, outputs, await model, (await issuerServer).url, shutdown);
}

async function running(
  account: Account,
  declared: Record<string, string>,
  model: ModelServer,
  issuerUrl: string,
  shutdown: Shutdown,
): Promise<LocalStack> {
  const outputs = withLocalAddresses(declared, account);
  if (outputs.PipelineRoleArn !== undefined) account.permissions.assume(outputs.PipelineRoleArn, 'pipeline', PIPELINE);
  const [database] = account.databases.values();
  if (database === undefined)
    throw new TemplateNotRunnable('The template declares no AWS::RDS::DBCluster; the local stack needs one');
  const [authorizer] = [...account.apis.values()].flatMap((api) => [...api.authorizers.values()]);
  const mintToken: LocalStack['mintToken'] = (request) =>
    account.issuer.mintToken({
      issuer: authorizer?.issuer ?? '',
      ...(authorizer?.audience[0] === undefined ? {} : { audience: authorizer.audience[0] }),
      ...request,
    });

  const endpoints: Endpoints = {
    api: output(outputs, 'ApiUrl'),
    token: await mintToken({ subject: LOCAL_USER }),
    dataApi: database.dataApi.url,
    sqs: account.queues.url,
    secretsManager: account.secretsManager.url,
    model: model.url,
    modelId: outputs.ModelId ?? 'none',
    issuer: issuerUrl,
    queueUrl: output(outputs, 'QueueUrl'),
    deadLetterQueueUrl: output(outputs, 'DeadLetterQueueUrl'),
    migrationsQueueUrl: output(outputs, 'MigrationsQueueUrl'),
    migrationsDeadLetterQueueUrl: output(outputs, 'MigrationsDeadLetterQueueUrl'),
    clusterArn: output(outputs, 'ClusterArn'),
    secretArn: output(outputs, 'SecretArn'),
    loginSecretArns: loginSecrets(outputs),
    database: output(outputs, 'DatabaseName'),
    region: account.region,
  };
  writeEndpoints(account.dataDir, endpoints);
  return {
    endpoints,
    outputs,
    dataApi: database.dataApi,
    model,
    postgres: await account.postgres,
    functions: account.functions.all(),
    function: (prefix) => {
      const found = account.functions.all().find(({ config }) => config.logicalId.startsWith(prefix));
      if (found === undefined)
        throw new TemplateNotRunnable(`The template declares no function whose logical id starts with ${prefix}`);
      return found;
    },
    mintToken,
    stop: () => shutdown.run(),
  };
}

/** CDK spells an API's address out of its id and the region; here it is another one. */
function withLocalAddresses(outputs: Record<string, string>, account: Account): Record<string, string> {
  const local = Object.entries(outputs).map(([name, value]) => {
    let address = value;
    for (const [apiId, { url }] of account.apis) {
      address = address.replace(`https://${apiId}.execute-api.${account.region}.amazonaws.com`, url);
    }
    return [name, address];
  });
  return Object.fromEntries(local);
}

/** The ARNs in the outputs `ApiSecretArn`, `WorkerSecretArn`, by the login's name. */
function loginSecrets(outputs: Record<string, string>): Record<string, string> {
  const found = Object.entries(outputs).flatMap(([name, arn]) => {
    const [, login] = /^(\w+)SecretArn$/.exec(name) ?? [];
    return login === undefined ? [] : [[login.toLowerCase(), arn]];
  });
  return Object.fromEntries(found);
}

function output(outputs: Record<string, string>, name: string): string {
  const value = outputs[name];
  if (value === undefined)
    throw new TemplateNotRunnable(`The template has no output ${name}; it has ${Object.keys(outputs).join(', ')}`);
  return value;
}
