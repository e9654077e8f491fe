import { Database } from '../../functions/platform/database.ts';
import { Queue } from '../../functions/platform/queue.ts';
import { compileMigrations } from '../build/compile-migrations.ts';
import { UsageError } from '../local/cli.ts';
import { ProgressBar } from '../local/progress.ts';
import { ASKS, ASKS_USAGE, operate } from './command.ts';
import { confirm } from './confirm.ts';
import { stateOf, unfinished } from './migrations-state.ts';
import { countWithoutMetadata, requestMetadata } from './request-metadata.ts';
import type { Target } from './target.ts';

const USAGE = `Requests metadata for versions older than this system: deployed, without a number.

  npm run generate -- --project ID | --all

It says first how many there are and what they will cost. They get numbers above those their project has, in the order of their ids.

  --limit N     at most so many
  --dry-run     say how many, and change nothing
${ASKS_USAGE}`;

const OPTIONS = {
  ...ASKS,
  project: { type: 'string' },
  all: { type: 'boolean', default: false },
  limit: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
} as const;

class NotCarriedOver extends Error {
  override name = 'NotCarriedOver';
}

/** Versions whose metadata is still in the old table alone have none only as yet. @throws NotCarriedOver */
async function refuseBeforeBackfill({ clusterArn, secretArn, database: name, dataApi: client }: Target): Promise<void> {
  const owner = new Database({ clusterArn, secretArn, database: name, client });
  const left = unfinished(await stateOf(owner, await compileMigrations()));
  if (left.length > 0)
    throw new NotCarriedOver(
      `${left.map((migration) => migration.name).join(', ')}: not applied yet, so versions may have metadata that is not carried over; ` +
        'npm run migrate -- status says how far it is',
    );
}

await operate({ usage: USAGE, options: OPTIONS }, async ({ values, target: find }) => {
  if (values.all === (values.project !== undefined)) throw new UsageError('say --project ID, or --all');
  const limit = Number(values.limit ?? Number.MAX_SAFE_INTEGER);
  if (!Number.isInteger(limit) || limit < 1)
    throw new UsageError(`--limit: got "${values.limit}", allowed is a whole number from 1`);

  const target = await find();
  const { clusterArn, workerSecretArn: secretArn, database: name, dataApi: client } = target;
  const database = new Database({ clusterArn, secretArn, database: name, client });
  await refuseBeforeBackfill(target);
  const project = values.project ?? null;
  const versions = Math.min(limit, await countWithoutMetadata(database, project));
  const modelCalls = target.modelId === 'none' ? 0 : 2 * versions;
  const cost =
    target.modelId === 'none'
      ? 'no model is configured: rules describe them, at no cost'
      : `${target.modelId} describes them: up to ${modelCalls.toLocaleString('en')} calls, as many a day as modelCallsPerDay allows; rules do the rest`;
  const where = project === null ? target.name : `project ${project} in ${target.name}`;
  if (!values.json) console.log(`${versions.toLocaleString('en')} versions without metadata in ${where}; ${cost}.`);
  if (versions === 0 || values['dry-run'])
    return values.json ? console.log(JSON.stringify({ versions, modelCalls, asked: 0, refused: 0 })) : undefined;
  if (!(await confirm(`Ask for the metadata of ${versions.toLocaleString('en')} versions?`, values.yes))) {
    process.exitCode = 1;
    return;
  }
  const bar = values.json ? undefined : new ProgressBar('Asking for metadata', versions);
  const queue = new Queue(target.queueUrl, target.sqs);
  const done = await requestMetadata(database, queue, project, limit, (count) => bar?.tick(count));
  if (values.json) return console.log(JSON.stringify({ versions, modelCalls, ...done }));
  console.log(`${done.asked} are queued; npm run dead-letters says what became of those that fail.`);
  if (done.refused > 0)
    console.log(`${done.refused} of them the queue did not take: the sweep queues them within some minutes.`);
});
