import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StateFile } from './state-file.ts';

/** Where a running local stack is reached: `endpoints.json` in its data folder. */
export interface Endpoints {
  api: string;
  /** A JWT of the user `local-user`, valid for a day. */
  token: string;
  dataApi: string;
  sqs: string;
  secretsManager: string;
  /** Converse of Bedrock; `/_answers` configures its answers. */
  model: string;
  /** The model the stack asks, `none` without one. */
  modelId: string;
  /** Where the issuer of the tokens is on this machine; their `iss` is the one the template names. */
  issuer: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  migrationsQueueUrl: string;
  migrationsDeadLetterQueueUrl: string;
  clusterArn: string;
  /** Of the role that owns the tables. */
  secretArn: string;
  /** Of the logins of the functions: `api` and `worker`. */
  loginSecretArns: Record<string, string>;
  database: string;
  region: string;
}

export const DEFAULT_DATA_DIR = resolve(import.meta.dirname, '../../.local');

/** The subject of the token in endpoints.json. */
export const LOCAL_USER = 'local-user';

const FILE = 'endpoints.json';

class NotStarted extends Error {
  override name = 'NotStarted';
}

/** Readable by its owner alone: the token opens the API. */
export function writeEndpoints(dataDir: string, endpoints: Endpoints): void {
  new StateFile<Partial<Endpoints>>(join(dataDir, FILE), {}).write(endpoints);
}

/** @throws NotStarted when no stack has been started on the folder. */
export async function readEndpoints(dataDir: string): Promise<Endpoints> {
  try {
    return JSON.parse(await readFile(join(dataDir, FILE), 'utf8')) as Endpoints;
  } catch (cause) {
    throw new NotStarted(
      `There is no ${join(dataDir, FILE)}: no local stack was started there. Start one with: npm start`,
      { cause },
    );
  }
}
