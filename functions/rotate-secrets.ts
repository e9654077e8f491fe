import type { SecretsManagerRotationEvent } from 'aws-lambda';
import { background } from './platform/background.ts';
import { connect } from './platform/connection.ts';
import { log } from './platform/log.ts';
import { Secrets } from './platform/secrets.ts';
import { rotate } from './secrets/rotation.ts';

const secrets = new Secrets();

/** Called by Secrets Manager, four times a rotation, to give a database login a new password. */
export const handler = background(async (event: SecretsManagerRotationEvent, context) => {
  const { Step: step, SecretId: secretArn, ClientRequestToken: versionId } = event;
  await rotate(
    { step, secretArn, versionId },
    { secrets, owner: connect(context), login: connect(context, { secretArn }) },
  );
  log.info('rotation step done', { step, secretArn, versionId });
});
