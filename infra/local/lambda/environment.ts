import type { Credentials } from '../permissions/credentials.ts';

/** A function as the template declares it. */
export interface FunctionConfig {
  logicalId: string;
  name: string;
  arn: string;
  /** The folder that holds index.mjs. */
  code: string;
  /** `file.export`. */
  handler: string;
  timeoutSeconds: number;
  memoryMegabytes: number;
  environment: Record<string, string>;
  /** At most so many invocations at once; undefined: the local default. */
  reservedConcurrency: number | undefined;
}

/**
 * A function process's whole environment: the template's variables and what Lambda itself sets, nothing of ours. Only the endpoint
 * variables tell the function that it runs here.
 *
 * Reserved variables: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 * @param credentials of its role's session.
 * @param endpoints AWS_ENDPOINT_URL_<SERVICE> variables, as every AWS SDK reads them, and SIGN_IN_DISCOVERY_URL.
 */
export function environmentOf(
  config: FunctionConfig,
  region: string,
  runtimeApi: string,
  credentials: Credentials,
  endpoints: Record<string, string>,
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    // Windows programs do not start without it.
    ...(process.env.SystemRoot === undefined ? {} : { SystemRoot: process.env.SystemRoot }),
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    LAMBDA_TASK_ROOT: config.code,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_LAMBDA_FUNCTION_NAME: config.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${config.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    _HANDLER: config.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
    ...config.environment,
    ...endpoints,
  };
}
