import type { Database } from '../platform/database.ts';
import { type Columns, updateMetadata } from '../versions/queries.ts';
import { parseSemVer, type SemVer } from '../versions/semver.ts';
import { type Job, type Outcome, obstacle, outcomeOf, reasonOf, refusedWrite } from './outcome.ts';
import type { Attempt } from './propose.ts';

/** A version whose message can never succeed: it says so itself from then on, instead of waiting for ever. */
export interface Failure {
  id: string;
  receives: number;
  versionId: string;
  projectId: string;
  reason: string;
}

/** What a batch reserved, to be settled by what it spent. */
export interface Reservation {
  batchId: string;
  calls: number;
}

/** Writes a batch in one call: metadata where there is some, else why not, and what the model was asked. Never throws. */
export async function writeBatch(
  database: Database,
  attempts: Attempt[],
  failures: Failure[],
  reserved: Reservation | null,
): Promise<Outcome[]> {
  const spent = reserved && { ...reserved, calls: attempts.reduce((sum, { modelCalls }) => sum + modelCalls, 0) };
  if (attempts.length + failures.length === 0 && !spent) return [];
  try {
    const items = [...attempts.map(columnsOf), ...failures.map(failureColumns)];
    const rows = new Map((await updateMetadata(database, items, spent)).map((row) => [row.key, row]));
    return [
      ...attempts.map((attempt) => {
        const row = rows.get(attempt.job.id);
        if (!row || row.outcome === 'error') return outcome(attempt, refusedWrite(row?.sql_state));
        const { proposed, reason = '' } = attempt;
        if (row.outcome === 'noted') return outcome(attempt, { kind: 'retry', reason });
        return row.outcome === 'applied' && proposed
          ? outcome(attempt, { kind: 'done', what: 'applied', generated: proposed })
          : outcome(attempt, obstacle(row.outcome as Exclude<typeof row.outcome, 'applied'>));
      }),
      ...failures.map(({ receives: _, ...failure }): Outcome => ({ ...failure, kind: 'refused' })),
    ];
  } catch (error) {
    const reason = reasonOf(error);
    return [
      ...attempts.map((attempt) => outcome(attempt, { kind: 'retry', reason })),
      ...failures.map(({ id, versionId, projectId }): Outcome => ({ id, versionId, projectId, kind: 'retry', reason })),
    ];
  }
}

const outcome = ({ job, modelCalls }: Attempt, result: Parameters<typeof outcomeOf>[1]): Outcome => ({
  ...outcomeOf(job, result),
  modelCalls,
});

/** A delivery of a message, so that a call that is repeated counts it once. */
const deliveryOf = ({ id, receives }: Pick<Job, 'id' | 'receives'>): string => `${id} ${receives}`;

const failureColumns = (failure: Failure): Columns => ({
  key: failure.id,
  version_id: failure.versionId,
  project_id: failure.projectId,
  delivery: deliveryOf(failure),
  failure: failure.reason,
});

function columnsOf({ job, ms, proposed, reason }: Attempt): Columns {
  const { id, message } = job;
  const about = {
    key: id,
    version_id: message.versionId,
    project_id: message.projectId,
    delivery: deliveryOf(job),
  };
  if (!proposed) return { ...about, note: reason };
  const { proposal, source } = proposed;
  const number = proposal.version === null ? null : parseSemVer(proposal.version);
  return {
    ...about,
    change_type: proposal.changeType,
    version_name: proposal.name,
    version_description: proposal.description,
    breaking_risk: proposal.breakingRisk,
    classification_confidence: proposal.confidence,
    classification_reasoning: proposal.reasoning,
    metadata_generator: source,
    metadata_ms: ms,
    is_initial: message.isInitialBuild,
    tag: number?.prerelease,
    ...(number && isFirstNumber(number)
      ? { first_major: number.major, first_minor: number.minor, first_patch: number.patch }
      : {}),
    files_changed: message.changes?.filesChanged,
    lines_added: message.changes?.linesAdded,
    lines_removed: message.changes?.linesRemoved,
    document: proposal.document,
  };
}

/** A first number near the end of PostgreSQL's integers would leave no room for those after it. */
const isFirstNumber = ({ major, minor, patch }: SemVer): boolean => Math.max(major, minor, patch) < 1_000_000;
