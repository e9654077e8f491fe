import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../infra/config.ts';
import { existingCluster } from '../support/template.ts';

const refusal = (context: Record<string, unknown>): string => {
  try {
    parseConfig(context);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(context)}`);
};

describe('context', () => {
  it('needs no key at all', () => {
    expect(parseConfig({})).toEqual({
      stackName: 'ProjectVersions',
      jwt: undefined,
      page: undefined,
      corsOrigins: [],
      throttle: { rate: 200, burst: 400 },
      domain: undefined,
      pipelinePrincipals: [],
      database: { kind: 'new', name: 'project_versions', minCapacity: 0.5, maxCapacity: 8, backupRetentionDays: 14 },
      logRetentionDays: 30,
      queueRetentionDays: 4,
      deadLetterRetentionDays: 14,
      apiTimeoutSeconds: 28,
      metadataTimeoutSeconds: 60,
      metadataBatchWindowSeconds: 0,
      maxReceiveCount: 6,
      metadataRetrySeconds: 10,
      model: undefined,
      sweep: { everyMinutes: 5, afterSeconds: 300, attempts: 5 },
      alarmEmail: [],
      integrityHours: 24,
      migrationsQueryIntervalSeconds: 5,
      contractMigrations: false,
    });
  });

  it('reads the strings of `-c key=value` like the values of cdk.json', () => {
    const fromCommandLine = {
      throttleRate: '50',
      minCapacity: '1.5',
      corsOrigins: 'https://a.example, https://b.example',
    };
    const fromFile = { throttleRate: 50, minCapacity: 1.5, corsOrigins: ['https://a.example', 'https://b.example'] };
    expect(parseConfig(fromCommandLine)).toEqual(parseConfig(fromFile));
  });

  it('leaves the keys of CDK itself alone', () => {
    const cdk = { 'aws:cdk:enable-path-metadata': true, '@aws-cdk/core:x': true, 'vpc-provider:account=1': {} };
    expect(parseConfig(cdk)).toEqual(parseConfig({}));
  });

  it.each([
    ['stackName', '1st', 'a letter first'],
    ['jwtIssuer', 'http://issuer.example', 'https address'],
    ['jwtClientId', 'two words', 'the id of a public client at the issuer'],
    ['jwtScope', 'openid  profile', 'separated by single spaces'],
    ['corsOrigins', 'https://a.example/path', 'https://host'],
    ['corsOrigins', '*', 'https://host'],
    ['throttleRate', 'many', 'a whole number from 1 to 10000'],
    ['contractMigrations', 'yes', 'true or false'],
    ['throttleBurst', 0, 'a whole number from 1 to 5000'],
    ['domainName', 'https://api.example.com', 'a host name such as api.example.com'],
    ['certificateArn', 'arn:aws:iam::111122223333:server-certificate/x', 'ACM certificate'],
    ['pipelinePrincipals', 'arn:aws:s3:::bucket', 'account ids, or ARNs of IAM roles, users or roots'],
    ['pipelinePrincipals', '*', 'account ids'],
    ['clusterArn', 'legacy', 'the ARN of an Aurora cluster'],
    ['secretArn', 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:owner', 'six last characters'],
    ['minCapacity', 0.3, 'a multiple of 0.5 from 0 to 256'],
    ['maxCapacity', 0.5, 'a multiple of 0.5 from 1 to 256'],
    ['backupRetentionDays', 36, 'a whole number from 1 to 35'],
    ['logRetentionDays', 31, 'one of 1, 3, 5, 7'],
    ['deadLetterRetentionDays', 4, 'a whole number from 5 to 14'],
    ['apiTimeoutSeconds', 30, 'a whole number from 2 to 29'],
    ['metadataTimeoutSeconds', '1e2', 'a whole number from 2 to 900'],
    ['metadataTimeoutSeconds', 1, 'a whole number from 2 to 900'],
    ['metadataBatchWindowSeconds', 1.5, 'a whole number from 0 to 300'],
    ['maxReceiveCount', null, 'a whole number from 1 to 1000'],
    ['metadataRetrySeconds', 0, 'a whole number from 1 to 900'],
    ['modelId', 'arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0', 'the id of a Bedrock model'],
    ['modelCallsPerDay', -1, 'a whole number from 0 to 100000'],
    ['sweepMinutes', 0.5, 'a whole number from 0 to 1440'],
    ['sweepAfterSeconds', 0, 'a whole number from 1 to 86400'],
    ['sweepAttempts', 0, 'a whole number from 1 to 100'],
    ['alarmEmail', 'ops@example', 'e-mail addresses such as ops@example.com'],
    ['alarmEmail', ['ops@example.com', 'a b@example.com'], 'e-mail addresses'],
    ['migrationsQueryIntervalSeconds', '', 'a whole number from 1 to 300'],
  ])('names a wrong %s, here %j, and what is allowed', (key, value, allowed) => {
    const message = refusal({ [key]: value });
    expect(message).toContain(`${key}: got ${JSON.stringify(value)}, allowed is `);
    expect(message).toContain(allowed);
  });

  it('refuses a key it does not know, so that a misspelt one does not deploy the default', () => {
    expect(refusal({ corsOrigin: 'https://a.example' })).toMatch(/corsOrigin: not a key .* corsOrigins/);
  });

  it('lists everything that is wrong at once', () => {
    expect(refusal({ throttleRate: 0, throttleBurst: 0, nonsense: 1 }).split('\n')).toHaveLength(4);
  });

  it.each([
    [{ jwtIssuer: 'https://issuer.example' }, 'jwtIssuer and jwtAudience: got only jwtIssuer'],
    [{ jwtIssuer: 'https://issuer.example', jwtAudience: ' , ' }, 'jwtAudience: got an empty list'],
    [{ jwtClientId: 'web' }, 'jwtClientId: got "web" without jwtIssuer, allowed only with it'],
    [{ jwtScope: 'openid' }, 'jwtScope: got "openid" without jwtClientId, allowed only with it'],
    [{ domainName: 'api.example.com' }, 'domainName and certificateArn: got only domainName'],
    [{ clusterArn: existingCluster.clusterArn }, 'clusterArn and secretArn: got only clusterArn'],
    [{ database: 'legacy' }, 'database: got "legacy" without clusterArn'],
    [{ ...existingCluster, maxCapacity: 4 }, 'maxCapacity: got 4 with clusterArn'],
    [{ modelId: 'amazon.nova-lite-v1:0', metadataTimeoutSeconds: 5 }, 'metadataTimeoutSeconds: got 5 with modelId'],
    [{ minCapacity: 4, maxCapacity: 2 }, 'minCapacity: got 4, allowed is at most maxCapacity (2)'],
  ])('refuses keys that do not go together: %j', (context, message) => {
    expect(refusal(context)).toContain(message);
  });
});
