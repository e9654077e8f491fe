/**
 * The context keys of this application: what an operator may decide without changing code.
 *
 * They come from cdk.json or from `cdk deploy -c key=value`, where everything is a string. `parseConfig` reads them
 * once; constructs get the typed `Config` and never look at context themselves.
 */
import type * as z from 'zod';
import type { ModelConfig } from './constructs/model-access.ts';
import type { SignIn } from './constructs/page.ts';
import { type Context, context, queueRetentionDays } from './context.ts';

/** A question, a second one, and the writing after them. */
const LEAST_MODEL_SECONDS = 15;

/** Context holds a value this application cannot use. The message lists every such key, what came and what is allowed. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** The capacity, in Aurora capacity units, and the backups of a cluster this stack makes. */
export interface NewDatabase {
  kind: 'new';
  name: string;
  minCapacity: number;
  maxCapacity: number;
  backupRetentionDays: number;
}

/** A cluster that is already there, with the secret of the role that owns its tables. */
export interface ExistingDatabase {
  kind: 'existing';
  name: string;
  clusterArn: string;
  secretArn: string;
  secretKeyArn: string | undefined;
}

/** What the constructs build from. Durations are in the unit their name says. */
export interface Config {
  stackName: string;
  /** End users' tokens. Without it `/projects/...` is for IAM callers, like `/pipeline/...`. */
  jwt: { issuer: string; audience: string[] } | undefined;
  /** How the page signs users in; without it there is no page. */
  page: SignIn | undefined;
  corsOrigins: string[];
  /** Requests a second and the burst above it, for the whole API. */
  throttle: { rate: number; burst: number };
  domain: { name: string; certificateArn: string } | undefined;
  pipelinePrincipals: string[];
  database: NewDatabase | ExistingDatabase;
  logRetentionDays: number;
  queueRetentionDays: number;
  deadLetterRetentionDays: number;
  apiTimeoutSeconds: number;
  metadataTimeoutSeconds: number;
  metadataBatchWindowSeconds: number;
  maxReceiveCount: number;
  metadataRetrySeconds: number;
  /** Describes what came without a finished document; without it rules do. */
  model: ModelConfig | undefined;
  /** `everyMinutes` is undefined where the database may pause: nothing wakes it on its own. */
  sweep: { everyMinutes: number | undefined; afterSeconds: number; attempts: number };
  /** The address that gets the alarms’ mails. */
  alarmEmail: string[];
  /** Undefined where the database may pause. */
  integrityHours: number | undefined;
  migrationsQueryIntervalSeconds: number;
  /** Whether the deployment waits for the backfill and then takes away what the old system used. */
  contractMigrations: boolean;
}

/**
 * The configuration in all of an app's context.
 *
 * Keys with a `:` or a `/` in their name belong to CDK and are left alone; any other key is ours, and one that is
 * not known is refused, since a misspelt key would otherwise quietly deploy the default.
 *
 * @throws ConfigError naming each wrong key, what came and what is allowed
 */
export function parseConfig(allContext: Record<string, unknown>): Config {
  const ours = Object.fromEntries(Object.entries(allContext).filter(([key]) => !/[:/@]/.test(key)));
  const parsed = context.safeParse(ours);
  if (!parsed.success) throw new ConfigError(complaint(parsed.error.issues.flatMap((issue) => explain(issue, ours))));
  const problems = contradictions(parsed.data);
  if (problems.length > 0) throw new ConfigError(complaint(problems));
  return toConfig(parsed.data);
}

function explain(issue: z.core.$ZodIssue, ours: Record<string, unknown>): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `${key}: not a key of this application; it knows ${Object.keys(context.shape).join(', ')}`,
    );
  }
  const key = String(issue.path[0]) as keyof typeof context.shape;
  return [`${key}: got ${JSON.stringify(ours[key])}, allowed is ${describe(key)}`];
}

function describe(key: keyof typeof context.shape): string {
  const field = context.shape[key];
  return field.description ?? ('unwrap' in field ? ((field.unwrap() as z.ZodType).description ?? '') : '');
}

function contradictions(given: Context): string[] {
  const together = (...keys: (keyof Context)[]) =>
    keys.some((key) => given[key] !== undefined) && keys.some((key) => given[key] === undefined)
      ? [
          `${keys.join(' and ')}: got only ${keys.filter((key) => given[key] !== undefined).join()}, allowed is both or none`,
        ]
      : [];
  const problems = [
    ...together('jwtIssuer', 'jwtAudience'),
    ...together('domainName', 'certificateArn'),
    ...together('clusterArn', 'secretArn'),
  ];
  if (given.jwtAudience?.length === 0)
    problems.push('jwtAudience: got an empty list, allowed is at least one audience');
  for (const [key, other] of [
    ['jwtClientId', 'jwtIssuer'],
    ['jwtScope', 'jwtClientId'],
  ] as const) {
    if (given[key] !== undefined && given[other] === undefined)
      problems.push(
        `${key}: got "${given[key]}" without ${other}, allowed only with it: the page signs users in with both`,
      );
  }
  if (given.clusterArn === undefined) {
    for (const key of ['database', 'secretKeyArn'] as const) {
      // Changing DatabaseName replaces the cluster, so a new cluster's is not configurable.
      if (given[key] !== undefined)
        problems.push(`${key}: got "${given[key]}" without clusterArn, allowed only with it`);
    }
  } else {
    for (const key of ['minCapacity', 'maxCapacity', 'backupRetentionDays'] as const) {
      if (given[key] !== undefined) {
        problems.push(`${key}: got ${given[key]} with clusterArn, allowed only for a cluster that this stack makes`);
      }
    }
  }
  if (given.modelId !== undefined && given.metadataTimeoutSeconds < LEAST_MODEL_SECONDS) {
    problems.push(
      `metadataTimeoutSeconds: got ${given.metadataTimeoutSeconds} with modelId, allowed is ${LEAST_MODEL_SECONDS} or more: a model takes seconds to answer`,
    );
  }
  const database = newDatabase(given);
  if (database.minCapacity > database.maxCapacity) {
    problems.push(`minCapacity: got ${database.minCapacity}, allowed is at most maxCapacity (${database.maxCapacity})`);
  }
  return problems;
}

function newDatabase(given: Context): NewDatabase {
  return {
    kind: 'new',
    name: 'project_versions',
    minCapacity: given.minCapacity ?? 0.5,
    maxCapacity: given.maxCapacity ?? 8,
    backupRetentionDays: given.backupRetentionDays ?? 14,
  };
}

function toConfig(given: Context): Config {
  // Nothing wakes a database that may pause on its own.
  const scheduled = (every: number) => (given.minCapacity === 0 || every === 0 ? undefined : every);
  const { jwtIssuer, jwtAudience, jwtClientId, domainName, certificateArn, clusterArn, secretArn } = given;
  return {
    stackName: given.stackName,
    jwt: jwtIssuer && jwtAudience ? { issuer: jwtIssuer, audience: jwtAudience } : undefined,
    page:
      jwtIssuer && jwtAudience?.[0] && jwtClientId
        ? { issuer: jwtIssuer, audience: jwtAudience[0], clientId: jwtClientId, scope: given.jwtScope ?? 'openid' }
        : undefined,
    corsOrigins: given.corsOrigins,
    throttle: { rate: given.throttleRate, burst: given.throttleBurst },
    domain: domainName && certificateArn ? { name: domainName, certificateArn } : undefined,
    pipelinePrincipals: given.pipelinePrincipals,
    database:
      clusterArn && secretArn
        ? {
            kind: 'existing',
            name: given.database ?? 'project_versions',
            clusterArn,
            secretArn,
            secretKeyArn: given.secretKeyArn,
          }
        : newDatabase(given),
    logRetentionDays: given.logRetentionDays,
    queueRetentionDays,
    deadLetterRetentionDays: given.deadLetterRetentionDays,
    apiTimeoutSeconds: given.apiTimeoutSeconds,
    metadataTimeoutSeconds: given.metadataTimeoutSeconds,
    metadataBatchWindowSeconds: given.metadataBatchWindowSeconds,
    maxReceiveCount: given.maxReceiveCount,
    metadataRetrySeconds: given.metadataRetrySeconds,
    model: given.modelId === undefined ? undefined : { id: given.modelId, callsPerDay: given.modelCallsPerDay },
    sweep: {
      everyMinutes: scheduled(given.sweepMinutes),
      afterSeconds: given.sweepAfterSeconds,
      attempts: given.sweepAttempts,
    },
    alarmEmail: given.alarmEmail,
    integrityHours: scheduled(given.integrityHours),
    migrationsQueryIntervalSeconds: given.migrationsQueryIntervalSeconds,
    contractMigrations: given.contractMigrations,
  };
}

function complaint(problems: string[]): string {
  return `The context (cdk.json, cdk.context.json, ~/.cdk.json or -c key=value) holds what this application cannot use:\n${problems
    .map((problem) => `  ${problem}`)
    .join('\n')}`;
}
