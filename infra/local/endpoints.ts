import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Where a running local stack is reached: `endpoints.json` in its data folder. */
export interface Endpoints {
  api: string;
  /** A JWT of the user `local-user`, valid for a day. */
  token: string;
  dataApi: string;
  sqs: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  clusterArn: string;
  secretArn: string;
  database: string;
  region: string;
}

export const DEFAULT_DATA_DIR = resolve(import.meta.dirname, '../../.local');

/** The subject of the token in endpoints.json. */
export const LOCAL_USER = 'local-user';

const FILE = 'endpoints.json';

export class NotStarted extends Error {
  override name = 'NotStarted';
}

/** Readable by its owner alone: the token opens the API. */
export async function writeEndpoints(dataDir: string, endpoints: Endpoints): Promise<void> {
  await writeFile(join(dataDir, FILE), `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
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
