import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDataDir, runCommand } from './cli.ts';
import { lockDataDir } from './stack-lock.ts';

// Only what the local stack wrote: --data may name a folder that holds something else too.
const OURS = [
  'cdk.out',
  'custom-resources.json',
  'endpoints.json',
  'issuer.json',
  'logs',
  'postgres',
  'queues',
  'sample.json',
  'secrets.json',
  'stack.lock',
  'stack.lock-journal',
  'stack.pid',
  'watch',
];

/** `npm run reset`: empties the data of a stopped local stack. */
await runCommand(async () => {
  const dataDir = parseDataDir(process.argv.slice(2));
  const release = lockDataDir(dataDir);
  const there = new Set(await readdir(dataDir));
  for (const name of OURS.filter((each) => there.has(each)))
    await rm(join(dataDir, name), { recursive: true, force: true });
  release();
  console.log(`${dataDir} is empty of the local stack's data.`);
});
