import type { Database } from '../platform/database.ts';
import { type BuildRow, selectBuilds } from '../versions/queries.ts';
import { readMessage } from './message.ts';
import { type Delivery, type Job, type Outcome, obstacle, outcomeOf, reasonOf } from './outcome.ts';
import { type Attempt, attemptFromBuilds, attemptFromDocument, type Generators, MODEL_CALLS_EACH } from './propose.ts';
import { type Failure, type Reservation, writeBatch } from './write.ts';

/**
 * Generates and writes the metadata of a batch, each message with an outcome of its own. At most two calls of the database:
 * builds are read only for messages without a finished document, and everything is written at once. Never throws.
 *
 * @param batchId of this one delivery of the batch: what it may spend on a model is reserved under it
 */
export async function generateMetadata(
  database: Database,
  batchId: string,
  deliveries: Delivery[],
  generators: Generators,
): Promise<Outcome[]> {
  const { jobs, failures, settled } = read(deliveries);
  const attempts: Attempt[] = [];
  const others: Job[] = [];
  for (const job of jobs) {
    const { recommendations } = job.message;
    if (recommendations) attempts.push(attemptFromDocument(job, recommendations));
    else others.push(job);
  }
  const described = await describeBuilds(database, batchId, others, generators);
  return [
    ...settled,
    ...described.settled,
    ...(await writeBatch(database, [...attempts, ...described.attempts], failures, described.reserved)),
  ];
}

/** What the messages say: jobs to do, versions whose message is wrong, and messages that are done with. */
function read(deliveries: Delivery[]) {
  const jobs: Job[] = [];
  const failures: Failure[] = [];
  const settled: Outcome[] = [];
  for (const { id, correlationId, body, receives } of deliveries) {
    const message = readMessage(body);
    if (message.kind === 'generate') jobs.push({ id, correlationId, receives, message: message.message });
    else if (message.kind === 'retired') settled.push({ id, kind: 'done', what: 'retired' });
    else {
      const { reason, versionId, projectId } = message;
      if (versionId && projectId) failures.push({ id, receives, reason, versionId, projectId });
      else settled.push({ id, kind: 'refused', reason });
    }
  }
  return { jobs, failures, settled };
}

interface Described {
  attempts: Attempt[];
  settled: Outcome[];
  reserved: Reservation | null;
}

/** Reads the builds of `jobs` and asks for the metadata of each that still needs some. */
async function describeBuilds(
  database: Database,
  batchId: string,
  jobs: Job[],
  generators: Generators,
): Promise<Described> {
  const described: Described = { attempts: [], settled: [], reserved: null };
  if (jobs.length === 0) return described;
  try {
    const ids = [...new Set(jobs.map(({ message }) => message.versionId))];
    const { model } = generators;
    const budget = model ? { batchId, calls: ids.length * MODEL_CALLS_EACH, cap: model.callsPerDay } : null;
    const { builds, modelCalls } = await selectBuilds(database, ids, budget);
    if (modelCalls > 0) described.reserved = { batchId, calls: modelCalls };
    const byId = new Map(builds.map((build) => [build.version_id, build]));
    const due: { job: Job; build: BuildRow }[] = [];
    for (const job of jobs) {
      const build = byId.get(job.message.versionId);
      const blocker = blockerOf(job, build);
      if (blocker) described.settled.push(outcomeOf(job, obstacle(blocker)));
      else if (build) due.push({ job, build });
    }
    described.attempts = await attemptFromBuilds(due, generators, modelCalls);
    return described;
  } catch (error) {
    return { ...described, settled: jobs.map((job) => outcomeOf(job, { kind: 'retry', reason: reasonOf(error) })) };
  }
}

function blockerOf({ message }: Job, build: BuildRow | undefined) {
  if (!build) return 'unknown';
  if (build.project_id !== message.projectId) return 'other_project';
  if (build.status === 'building') return 'not_deployed';
  if (build.status === 'failed') return 'build_failed';
  return build.metadata_status === 'ready' ? 'repeated' : undefined;
}
