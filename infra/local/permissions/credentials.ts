import { randomBytes, randomInt } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_DATA_DIR } from '../endpoints.ts';

/** An access key, as AWS SDKs take it. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of a role's session; every request carries it beside the signature. */
  sessionToken?: string;
}

/**
 * May do everything in the local account, as the engineer who types commands. The secret is made once for this checkout, like the next, and
 * only the account of the machine that made it can read it.
 */
export const ADMINISTRATOR: Credentials = {
  accessKeyId: 'AKIALOCALADMIN000000',
  get secretAccessKey() {
    return localSecrets().administrator;
  },
};

/** A session of the template's pipeline role: may do what that role's policies say, and nothing else. */
export const PIPELINE: Required<Credentials> = {
  accessKeyId: 'ASIALOCALPIPELINE000',
  get secretAccessKey() {
    return localSecrets().pipeline;
  },
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

interface LocalSecrets {
  administrator: string;
  pipeline: string;
}

let known: LocalSecrets | undefined;

/** Read when first needed; made by whichever process of the checkout comes first. */
function localSecrets(): LocalSecrets {
  known ??= readOrMake(join(DEFAULT_DATA_DIR, 'credentials.json'));
  return known;
}

function readOrMake(file: string): LocalSecrets {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LocalSecrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secret = (): string => randomBytes(30).toString('base64url');
  const own = `${file}.${process.pid}.tmp`;
  mkdirSync(DEFAULT_DATA_DIR, { recursive: true, mode: 0o700 });
  writeFileSync(own, JSON.stringify({ administrator: secret(), pipeline: secret() }), { mode: 0o600 });
  try {
    // Fails where another process was first: its file is the one.
    linkSync(own, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  rmSync(own);
  return JSON.parse(readFileSync(file, 'utf8')) as LocalSecrets;
}
