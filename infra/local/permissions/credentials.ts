import { randomBytes, randomInt } from 'node:crypto';

/** An access key, as AWS SDKs take it. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of a role's session; every request carries it beside the signature. */
  sessionToken?: string;
}

/**
 * May do everything in the local account, as the engineer who types commands. Known to everyone, like the next: the services listen on
 * 127.0.0.1 alone and what they hold is test data. What keys are for here is to tell callers apart.
 */
export const ADMINISTRATOR: Credentials = {
  accessKeyId: 'AKIALOCALADMIN000000',
  secretAccessKey: 'local-administrator',
};

/** A session of the template's pipeline role: may do what that role's policies say, and nothing else. */
export const PIPELINE: Required<Credentials> = {
  accessKeyId: 'ASIALOCALPIPELINE000',
  secretAccessKey: 'local-pipeline',
  sessionToken: 'local-pipeline-session',
};

// Access key ids are base32; ASIA begins those of sessions:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Credentials of a new session, as Lambda gets them for a function: other ones at every start. */
export function issueCredentials(): Required<Credentials> {
  return {
    accessKeyId: `ASIA${Array.from({ length: 16 }, () => BASE32[randomInt(32)]).join('')}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(48).toString('base64'),
  };
}
