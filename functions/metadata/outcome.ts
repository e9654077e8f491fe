import type { AppliedRow } from '../versions/queries.ts';
import type { Source } from './generator.ts';
import type { GenerateMetadataMessage } from './message.ts';

/** One message of a batch. `receives`: how often it has been delivered, this time included. */
export interface Delivery {
  id: string;
  correlationId: string;
  body: string;
  receives: number;
}

/** A message that asks for metadata, read. */
export interface Job {
  id: string;
  correlationId: string;
  message: GenerateMetadataMessage;
  receives: number;
}

/** How metadata that was written came about; `fallback`: rules in the place of a model that had no answer. */
export interface Generated {
  source: Source;
  fallback: boolean;
}

/** What became of a message: done and to be acknowledged, to be tried again, or never to succeed. */
export type Outcome = { id: string; versionId?: string; projectId?: string; modelCalls?: number } & Result;

export type Result =
  | { kind: 'done'; what: 'applied'; generated: Generated }
  | { kind: 'done'; what: 'repeated' | 'overridden' | 'retired' }
  | { kind: 'retry'; reason: string }
  | { kind: 'refused'; reason: string };

/** The outcome of a job whose version is in the way, as the database tells it. */
export function obstacle(what: Exclude<AppliedRow['outcome'], 'applied' | 'error'>): Result {
  switch (what) {
    case 'repeated':
    case 'overridden':
      return { kind: 'done', what };
    case 'unknown':
      return { kind: 'retry', reason: 'the version is not recorded yet' };
    case 'not_deployed':
      return { kind: 'retry', reason: 'the version is not deployed yet' };
    case 'other_project':
      return { kind: 'refused', reason: 'projectId: the version belongs to another project' };
    case 'build_failed':
      return { kind: 'refused', reason: 'versionId: the build of this version failed' };
    case 'noted':
      return { kind: 'retry', reason: 'there is no metadata yet' };
    case 'failed':
      return { kind: 'refused', reason: 'there will be no metadata' };
  }
}

/** Classes 22 (data) and 23 (constraints) of SQLSTATE: the same message would fail the same way for ever. */
const PERMANENT_STATE = /^2[23]/;

/** The outcome of a job the database refused to write. */
export const refusedWrite = (sqlState = ''): Result => ({
  kind: PERMANENT_STATE.test(sqlState) ? 'refused' : 'retry',
  reason: `the database refused the metadata (${sqlState})`,
});

export const outcomeOf = ({ id, message: { versionId, projectId } }: Job, result: Result): Outcome => ({
  id,
  versionId,
  projectId,
  ...result,
});

/** An error's name alone: its message may hold what a prompt held. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown error');
