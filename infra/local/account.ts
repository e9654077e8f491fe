import type { DataApi } from './data-api/server.ts';
import type { SecretStore } from './database/secrets.ts';
import type { JwtAuthorizer } from './gateway/jwt.ts';
import type { Route } from './gateway/routes.ts';
import type { Integration } from './gateway/server.ts';
import type { LocalIssuer } from './issuer/issuer.ts';
import type { FunctionPool } from './lambda/function-pool.ts';
import type { Permissions } from './permissions/permissions.ts';
import type { LocalPostgres } from './postgres.ts';
import type { QueueServer } from './queue/queue-server.ts';
import type { SecretsManager } from './secrets-manager/server.ts';
import type { Assembly } from './template/assembly.ts';
import { TemplateNotRunnable } from './template/template.ts';

/** Ports to listen on; 0 is any free one. */
export interface Ports {
  api: number;
  sqs: number;
  dataApi: number;
  secretsManager: number;
  model: number;
  issuer: number;
}

/** What one AWS account holds, on this machine: the services that resources are deployed to, and what has been deployed so far. */
export interface Account {
  accountId: string;
  region: string;
  stackName: string;
  dataDir: string;
  ports: Ports;
  assembly: Assembly;
  /** AWS_ENDPOINT_URL_<SERVICE> variables of the services that run, and where the issuer is found. */
  endpoints: Record<string, string>;
  postgres: Promise<LocalPostgres>;
  secrets: SecretStore;
  secretsManager: SecretsManager;
  queues: QueueServer;
  issuer: LocalIssuer;
  /** Who may do what: roles, their policies, and the access keys of their sessions. */
  permissions: Permissions;
  functions: Functions;
  /** Definitions by ARN. */
  stateMachines: Map<string, string>;
  databases: Map<string, Database>;
  /** HTTP APIs by id. */
  apis: Map<string, Api>;
  /** Run in the opposite order when the stack stops. */
  onStop(stop: () => Promise<void>): void;
}

export interface Database {
  identifier: string;
  clusterArn: string;
  name: string;
  host: string;
  port: number;
  dataApi: DataApi;
}

/** What routes, integrations, authorizers and the stage add to while they are deployed. */
export interface Api {
  url: string;
  deploying?: boolean;
  integrations: Map<string, Integration>;
  authorizers: Map<string, JwtAuthorizer>;
  routes: Route[];
}

/** The deployed functions, found by name or ARN as AWS APIs take either. */
export class Functions {
  readonly #pools = new Map<string, FunctionPool>();

  add(pool: FunctionPool): void {
    this.#pools.set(pool.config.name, pool);
  }

  all(): FunctionPool[] {
    return [...this.#pools.values()];
  }

  /** @throws TemplateNotRunnable when the template declares no such function; `at` says who asks. */
  get(nameOrArn: string, at: string): FunctionPool {
    const pool = this.#pools.get(nameOrArn) ?? this.#pools.get(nameOrArn.split(':')[6] ?? '');
    if (pool === undefined) throw new TemplateNotRunnable(`${at}: the template declares no function ${nameOrArn}`);
    return pool;
  }
}
