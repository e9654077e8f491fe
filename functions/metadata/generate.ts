import type { Database } from '../platform/database.ts';
import { type AppliedRow, type BuildRow, type Columns, selectBuilds, updateMetadata } from '../versions/queries.ts';
import { parseSemVer, type SemVer } from '../versions/semver.ts';
import { proposeFromDocument } from './from-document.ts';
import type { Generate, Proposal } from './generator.ts';
import { type GenerateMetadataMessage, readMessage } from './message.ts';

/** One message of a batch. */
export interface Delivery {
  id: string;
  body: string;
}

/** What became of a message: done and to be acknowledged, to be tried again, or never to succeed. */
export type Outcome = { id: string; versionId?: string; projectId?: string } & (
  | { kind: 'done'; what: 'applied' | 'repeated' | 'overridden' | 'retired' }
  | { kind: 'retry'; reason: string }
  | { kind: 'refused'; reason: string }
);

interface Job {
  id: string;
  message: GenerateMetadataMessage;
}

interface Proposed extends Job {
  proposal: Proposal;
}

/** A version whose message can never succeed: it says so itself from then on, instead of waiting for ever. */
interface Failure {
  id: string;
  versionId: string;
  projectId: string;
  reason: string;
}

/**
 * Generates and writes the metadata of a batch, each message with an outcome of its own. At most two calls of the database:
 * builds are read only for messages without a finished document, and everything is written at once. Never throws.
 */
export async function generateMetadata(
  database: Database,
  deliveries: Delivery[],
  generate: Generate,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const jobs: Job[] = [];
  const failures: Failure[] = [];
  for (const { id, body } of deliveries) {
    const read = readMessage(body);
    if (read.kind === 'generate') jobs.push({ id, message: read.message });
    else if (read.kind === 'retired') outcomes.push({ id, kind: 'done', what: 'retired' });
    else if (read.versionId && read.projectId)
      failures.push({ id, reason: read.reason, versionId: read.versionId, projectId: read.projectId });
    else outcomes.push({ id, kind: 'refused', reason: read.reason });
  }

  const withDocument = jobs.flatMap(({ id, message }): Proposed[] =>
    message.recommendations ? [{ id, message, proposal: proposeFromDocument(message.recommendations) }] : [],
  );
  const others = jobs.filter(({ message }) => !message.recommendations);
  const { proposed, settled } = await proposeFromBuilds(database, others, generate);
  return [...outcomes, ...settled, ...(await write(database, [...withDocument, ...proposed], failures))];
}

/** Reads the builds of `jobs` and asks the generator for each that still needs metadata. */
async function proposeFromBuilds(database: Database, jobs: Job[], generate: Generate) {
  const proposed: Proposed[] = [];
  const settled: Outcome[] = [];
  if (jobs.length === 0) return { proposed, settled };
  try {
    const builds = await selectBuilds(database, [...new Set(jobs.map(({ message }) => message.versionId))]);
    const byId = new Map(builds.map((build) => [build.version_id, build]));
    const answers = jobs.map((job) => proposeOne(job, byId.get(job.message.versionId), generate));
    for (const answer of await Promise.all(answers)) {
      if ('proposal' in answer) proposed.push(answer);
      else settled.push(answer);
    }
  } catch (error) {
    settled.push(...jobs.map((job) => outcome(job, { kind: 'retry', reason: reasonOf(error) })));
  }
  return { proposed, settled };
}

async function proposeOne(job: Job, build: BuildRow | undefined, generate: Generate): Promise<Proposed | Outcome> {
  if (!build) return settle(job, 'unknown');
  if (build.project_id !== job.message.projectId) return settle(job, 'other_project');
  if (build.status === 'building') return settle(job, 'not_deployed');
  if (build.status === 'failed') return settle(job, 'build_failed');
  if (build.metadata_status === 'ready') return settle(job, 'repeated');
  try {
    const proposal = await generate({ message: job.message, build });
    return proposal ? { ...job, proposal } : outcome(job, { kind: 'retry', reason: 'no generator had an answer' });
  } catch (error) {
    return outcome(job, { kind: 'retry', reason: reasonOf(error) });
  }
}

async function write(database: Database, proposed: Proposed[], failures: Failure[]): Promise<Outcome[]> {
  if (proposed.length + failures.length === 0) return [];
  try {
    const items = [...proposed.map(columns), ...failures.map(failureColumns)];
    const rows = new Map((await updateMetadata(database, items)).map((row) => [row.key, row]));
    return [
      ...proposed.map((job) => settle(job, rows.get(job.id)?.outcome ?? 'error', rows.get(job.id)?.sql_state)),
      ...failures.map((failure): Outcome => ({ ...failure, kind: 'refused' })),
    ];
  } catch (error) {
    const reason = reasonOf(error);
    return [
      ...proposed.map((job) => outcome(job, { kind: 'retry', reason })),
      ...failures.map((failure): Outcome => ({ ...failure, kind: 'retry', reason })),
    ];
  }
}

const failureColumns = ({ id, versionId, projectId, reason }: Failure): Columns => ({
  key: id,
  version_id: versionId,
  project_id: projectId,
  failure: reason,
});

function columns({ id, message, proposal }: Proposed): Columns {
  const proposedNumber = proposal.version === null ? null : parseSemVer(proposal.version);
  return {
    key: id,
    version_id: message.versionId,
    project_id: message.projectId,
    change_type: proposal.changeType,
    version_name: proposal.name,
    version_description: proposal.description,
    breaking_risk: proposal.breakingRisk,
    confidence: proposal.confidence,
    reasoning: proposal.reasoning,
    tag: proposedNumber?.prerelease,
    ...(proposedNumber && isFirstNumber(proposedNumber)
      ? { first_major: proposedNumber.major, first_minor: proposedNumber.minor, first_patch: proposedNumber.patch }
      : {}),
    files_changed: message.changes?.filesChanged,
    lines_added: message.changes?.linesAdded,
    lines_removed: message.changes?.linesRemoved,
    document: proposal.document,
  };
}

/** A first number near the end of PostgreSQL's integers would leave no room for those after it. */
const isFirstNumber = ({ major, minor, patch }: SemVer): boolean => Math.max(major, minor, patch) < 1_000_000;

/** Classes 22 (data) and 23 (constraints) of SQLSTATE: the same message would fail the same way for ever. */
const PERMANENT_STATE = /^2[23]/;

function settle(job: Job, what: AppliedRow['outcome'], sqlState = ''): Outcome {
  switch (what) {
    case 'applied':
    case 'repeated':
    case 'overridden':
      return outcome(job, { kind: 'done', what });
    case 'unknown':
      return outcome(job, { kind: 'retry', reason: 'the version is not recorded yet' });
    case 'not_deployed':
      return outcome(job, { kind: 'retry', reason: 'the version is not deployed yet' });
    case 'other_project':
      return outcome(job, { kind: 'refused', reason: 'projectId: the version belongs to another project' });
    case 'build_failed':
      return outcome(job, { kind: 'refused', reason: 'versionId: the build of this version failed' });
    case 'failed':
    case 'error':
      return outcome(job, {
        kind: PERMANENT_STATE.test(sqlState) ? 'refused' : 'retry',
        reason: `the database refused the metadata (${sqlState})`,
      });
  }
}

type Settled =
  | { kind: 'done'; what: 'applied' | 'repeated' | 'overridden' }
  | { kind: 'retry' | 'refused'; reason: string };

const outcome = ({ id, message: { versionId, projectId } }: Job, settled: Settled): Outcome =>
  ({ id, versionId, projectId, ...settled }) as Outcome;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown error');
