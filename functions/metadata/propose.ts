import { correlated } from '../platform/correlation.ts';
import { clip } from '../platform/text.ts';
import type { BuildRow } from '../versions/queries.ts';
import { proposeFromDocument } from './from-document.ts';
import type { AskModel, ModelAnswer, Proposal, Rules, Source } from './generator.ts';
import { type Job, reasonOf } from './outcome.ts';

/** What proposes metadata where no finished document came, and until when (epoch ms) a model may take. */
export interface Generators {
  rules: Rules;
  /** Without it rules do all the work. */
  model?: { ask: AskModel; callsPerDay: number } | undefined;
  /** Deliveries of a message before it is a dead letter. */
  maxReceives: number;
  modelUntil: number;
}

/** A job with its metadata to write, or why it has none yet. `modelCalls` were billed; `ms`: how long it took. */
export interface Attempt {
  job: Job;
  modelCalls: number;
  ms: number;
  proposed?: { proposal: Proposal; source: Source; fallback: boolean };
  reason?: string;
}

/** Calls one version may cost: a question, and one more after an answer that cannot be used. */
export const MODEL_CALLS_EACH = 2;
/** Versions a model is asked about at the same time: it throttles by calls and by words a minute. */
const AT_ONCE = 5;
/** How sure rules may be that took a model's place: the model was meant to look. */
const FALLBACK_CONFIDENCE = 0.3;
const MAX_REASONING = 1_000;

/** The attempt of a message that brought its finished document. */
export const attemptFromDocument = (job: Job, document: NonNullable<Job['message']['recommendations']>): Attempt => ({
  job,
  modelCalls: 0,
  ms: 0,
  proposed: { proposal: proposeFromDocument(document), source: 'document', fallback: false },
});

/**
 * Proposes metadata for each job from its build: the model, when there is one and `modelCalls` suffice; rules when it rejects the question, when
 * the day's calls are used up, and on the last delivery but one when it cannot be reached. Several messages about one version cost one question.
 */
export async function attemptFromBuilds(
  jobs: { job: Job; build: BuildRow }[],
  generators: Generators,
  modelCalls: number,
): Promise<Attempt[]> {
  const { model, rules } = generators;
  if (!model)
    return jobs.map(({ job, build }) => byRules(job, rules({ message: job.message, build }), 0, 0, undefined));
  const questions = new Map<string, () => Promise<ModelAnswer>>();
  const inTurn = limit(AT_ONCE);
  const time = AbortSignal.timeout(Math.max(0, generators.modelUntil - Date.now()));
  let affordable = Math.floor(modelCalls / MODEL_CALLS_EACH);
  for (const { job, build } of jobs) {
    if (questions.has(build.version_id)) continue;
    const ask =
      affordable-- > 0
        ? () =>
            inTurn(() =>
              unlessOver(
                time,
                correlated(job.correlationId, () => model.ask({ message: job.message, build }, time)),
              ),
            )
        : usedUp;
    const answer = ask();
    questions.set(build.version_id, () => answer);
  }
  return Promise.all(
    jobs.map(async ({ job, build }, index): Promise<Attempt> => {
      const began = performance.now();
      const answer = (await questions.get(build.version_id)?.()) ?? (await usedUp());
      const ms = Math.round(performance.now() - began);
      const isFirst = jobs.findIndex((other) => other.build.version_id === build.version_id) === index;
      const calls = isFirst ? answer.calls : 0;
      if (answer.kind === 'proposal')
        return {
          job,
          modelCalls: calls,
          ms,
          proposed: { proposal: answer.proposal, source: 'model', fallback: false },
        };
      if (answer.kind === 'unavailable' && job.receives < generators.maxReceives - 1)
        return { job, modelCalls: calls, ms, reason: answer.reason };
      return byRules(job, rules({ message: job.message, build }), calls, ms, answer.reason);
    }),
  );
}

const usedUp = async (): Promise<ModelAnswer> => ({
  kind: 'rejected',
  reason: 'the model calls of this day are used up',
  calls: 0,
});

/** It never should; a version whose question does must not take its neighbours along. */
const failed = (error: unknown): ModelAnswer => ({
  kind: 'unavailable',
  reason: reasonOf(error),
  calls: MODEL_CALLS_EACH,
});

/** A question that goes on when time is over is left alone: its call may have been billed. */
const unlessOver = (time: AbortSignal, answer: Promise<ModelAnswer>): Promise<ModelAnswer> =>
  Promise.race([
    answer.catch(failed),
    new Promise<ModelAnswer>((resolve) => {
      const over = () => resolve({ kind: 'unavailable', reason: 'the model took too long', calls: MODEL_CALLS_EACH });
      // One turn later: a question that heeds the signal answers itself, and knows what it has cost.
      const soon = () => setTimeout(over, 100);
      if (time.aborted) soon();
      else time.addEventListener('abort', soon, { once: true });
    }),
  ]);

function byRules(job: Job, proposal: Proposal, modelCalls: number, ms: number, insteadOf: string | undefined): Attempt {
  if (insteadOf === undefined) return { job, modelCalls, ms, proposed: { proposal, source: 'rules', fallback: false } };
  const marked = {
    ...proposal,
    confidence: Math.min(proposal.confidence, FALLBACK_CONFIDENCE),
    reasoning: clip(`${proposal.reasoning} In the place of the model: ${insteadOf}.`, MAX_REASONING),
  };
  return { job, modelCalls, ms, proposed: { proposal: marked, source: 'rules', fallback: true } };
}

/** Runs at most `count` works at once, the others in the order they came. */
function limit(count: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <Value>(work: () => Promise<Value>): Promise<Value> => {
    if (running >= count) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
