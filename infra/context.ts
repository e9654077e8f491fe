/**
 * Every context key, with its default and, as its description, what is allowed in the words an error uses.
 * On the command line (`-c key=value`) every value is a string, so numbers and lists are read from strings too.
 */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod';

// API Gateway ends an HTTP API integration after 30 s; the function must answer before that.
const longestApiTimeout = 29;
// SQS keeps a message at most 14 days. A message moved to a dead-letter queue keeps the age it had in the source
// queue, so the dead-letter queue must keep longer (SQS developer guide, "dead-letter queues").
export const queueRetentionDays = 4;

const number = (min: number, max: number, step = 1) =>
  z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\d{1,9}(\.\d{1,9})?$/)
        .transform(Number),
    ])
    .pipe(z.number().min(min).max(max).multipleOf(step))
    .describe(`${step === 1 ? 'a whole number' : `a multiple of ${step}`} from ${min} to ${max}`);

const list = (item: z.ZodString, what: string) =>
  z
    .union([
      z.array(z.string()),
      z.string().transform((text) =>
        text
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      ),
    ])
    .pipe(z.array(item).max(50))
    .describe(`${what}; several as a list or separated by commas`);

const yesOrNo = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')])
  .describe('true or false');

const text = (pattern: RegExp, what: string) => z.string().regex(pattern).describe(what);

const origin = /^(https:\/\/[a-z0-9.-]+(:\d{1,5})?|http:\/\/localhost(:\d{1,5})?)$/;
const email = /^[\w.!#$%&'*+/=?^`{|}~-]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i;
const principal = /^(\d{12}|arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)\/[\w+=,.@/-]+))$/;
const logRetentionDays = Object.values(RetentionDays).filter(
  (days): days is number => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

export const context = z.strictObject({
  stackName: text(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'letters, digits and hyphens, at most 64, a letter first').default(
    'ProjectVersions',
  ),
  jwtIssuer: text(/^https:\/\/[^\s?#]+$/, 'the https address in the tokens’ `iss` claim').optional(),
  jwtAudience: list(z.string().min(1).max(256), 'the tokens’ `aud` (or `client_id`)').optional(),
  jwtClientId: text(/^[\x21-\x7e]{1,256}$/, 'the id of a public client at the issuer, without spaces').optional(),
  jwtScope: text(
    /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/,
    'OAuth scopes, separated by single spaces, such as openid profile',
  ).optional(),
  corsOrigins: list(z.string().regex(origin), 'https://host, https://host:port or http://localhost:port').default([]),
  throttleRate: number(1, 10_000).default(200),
  throttleBurst: number(1, 5_000).default(400),
  domainName: text(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'a host name such as api.example.com').optional(),
  certificateArn: text(
    /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[a-f0-9-]+$/,
    'the ARN of an ACM certificate in the stack’s region',
  ).optional(),
  pipelinePrincipals: list(z.string().regex(principal), 'account ids, or ARNs of IAM roles, users or roots').default(
    [],
  ),
  clusterArn: text(
    /^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster:[a-z][a-z0-9-]*$/,
    'the ARN of an Aurora cluster with the Data API enabled',
  ).optional(),
  secretArn: text(
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/,
    'the whole ARN (with its six last characters) of the secret of the role that owns the tables',
  ).optional(),
  secretKeyArn: text(
    /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[a-f0-9-]+$/,
    'the ARN of the KMS key the secret is encrypted with, when it is not aws/secretsmanager',
  ).optional(),
  database: text(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'the name of a database, letters, digits and _').optional(),
  minCapacity: number(0, 256, 0.5).optional(),
  maxCapacity: number(1, 256, 0.5).optional(),
  backupRetentionDays: number(1, 35).optional(),
  logRetentionDays: number(1, 3653)
    .refine((days) => logRetentionDays.includes(days))
    .describe(`one of ${logRetentionDays.join(', ')}`)
    .default(30),
  deadLetterRetentionDays: number(queueRetentionDays + 1, 14).default(14),
  // The last second of a function is for its answer: with one alone it would never ask the database.
  apiTimeoutSeconds: number(2, longestApiTimeout).default(28),
  metadataTimeoutSeconds: number(2, 900).default(60),
  metadataBatchWindowSeconds: number(0, 300).default(0),
  maxReceiveCount: number(1, 1_000).default(6),
  metadataRetrySeconds: number(1, 900).default(10),
  modelId: text(
    /^[a-z][a-z0-9-]*(\.[a-z0-9][A-Za-z0-9-]*)+(:\d+)?$/,
    'the id of a Bedrock model or cross-region inference profile, such as amazon.nova-lite-v1:0',
  ).optional(),
  modelCallsPerDay: number(0, 100_000).default(1_000),
  sweepMinutes: number(0, 1_440).default(5),
  sweepAfterSeconds: number(1, 86_400).default(300),
  sweepAttempts: number(1, 100).default(5),
  alarmEmail: list(z.string().regex(email), 'e-mail addresses such as ops@example.com').default([]),
  integrityHours: number(0, 168).default(24),
  migrationsQueryIntervalSeconds: number(1, 300).default(5),
  contractMigrations: yesOrNo.default(false),
});

/** The context with the defaults filled in, before it is known whether the keys go together. */
export type Context = z.infer<typeof context>;
