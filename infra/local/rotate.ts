import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeSecretCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { parseRotate, runCommand } from './cli.ts';
import { readEndpoints } from './endpoints.ts';
import { ADMINISTRATOR } from './permissions/credentials.ts';

const LONGEST_MS = 30_000;

class NotRotated extends Error {
  override name = 'NotRotated';
}

/** `npm run rotate -- --secret api`: gives a login of the running stack a new password now, as its schedule would once a month. */
await runCommand(async () => {
  const { dataDir, secret } = parseRotate(process.argv.slice(2));
  const { loginSecretArns, region, secretsManager } = await readEndpoints(dataDir);
  const SecretId = loginSecretArns[secret];
  if (SecretId === undefined)
    throw new NotRotated(`--secret: got "${secret}", allowed is ${Object.keys(loginSecretArns).join(' or ')}`);
  const client = new SecretsManagerClient({ endpoint: secretsManager, region, credentials: ADMINISTRATOR });
  const began = performance.now();
  const { VersionId = '' } = await client.send(new RotateSecretCommand({ SecretId }));
  for (;;) {
    const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
    if (VersionIdsToStages[VersionId]?.includes('AWSCURRENT')) break;
    if (performance.now() - began > LONGEST_MS)
      throw new NotRotated(
        `The rotation to version ${VersionId} has not ended; logs/ in the data folder says why, in the log of RotateSecrets`,
      );
    await sleep(100);
  }
  console.log(`${SecretId}\nhas a new password since ${((performance.now() - began) / 1000).toFixed(1)} s.`);
});
