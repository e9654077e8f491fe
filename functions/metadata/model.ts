import { optional } from '../platform/env.ts';
import { log } from '../platform/log.ts';
import { measure } from '../platform/metrics.ts';
import { Model, type Question } from '../platform/model.ts';
import { clip } from '../platform/text.ts';
import { readAnswer } from './answer.ts';
import type { AskModel, GeneratorInput } from './generator.ts';
import { ANSWER_SCHEMA, buildDocument, SYSTEM } from './prompt.ts';

/** Longest wait for one answer of some hundred words; a model under load answers in ten seconds. */
const CALL_MS = 25_000;
/** Of an answer that cannot be used, as much as the model needs to see what it said. */
const MAX_QUOTED = 4_000;

type Ask = Pick<Model, 'ask'>;

/** Asks the model the stack is configured with, or nothing where there is none. */
export function askModelFromEnv(): AskModel | undefined {
  const id = optional('MODEL_ID');
  return id === undefined ? undefined : askModel(new Model(id));
}

/** Asks `model` for the metadata of one version; after an answer that cannot be used once more, saying what was wrong with it. Counts `ModelThrottled` and `ModelFailed`. */
export const askModel =
  (model: Ask): AskModel =>
  async (input, signal) => {
    const question = firstQuestion(input);
    let calls = 0;
    for (const isLast of [false, true]) {
      if (signal.aborted) return { kind: 'unavailable', reason: 'the model took too long', calls };
      const reply = await model.ask(question, AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]));
      if (reply.billed) calls++;
      if (reply.kind === 'unavailable') {
        const { reason, why } = reply;
        measure([why === 'throttled' ? 'ModelThrottled' : 'ModelFailed', 1]);
        if (why === 'broken')
          log.error('the model cannot be asked until somebody sees to it', { reason, ...idsOf(input) });
        return { kind: 'unavailable', reason, calls };
      }
      if (reply.kind === 'stopped') return { kind: 'rejected', reason: reply.reason, calls };
      const read = reply.complete ? readAnswer(reply.answer) : { problem: 'it is cut off' };
      if ('proposal' in read) return { kind: 'proposal', proposal: read.proposal, calls };
      log.warn('an answer of the model cannot be used', { problem: read.problem, ...idsOf(input) });
      if (!isLast) question.turns = repairTurns(question, reply, read.problem);
    }
    return { kind: 'rejected', reason: 'the model answered badly twice', calls };
  };

const idsOf = ({ build }: GeneratorInput) => ({ versionId: build.version_id, projectId: build.project_id });

const firstQuestion = (input: GeneratorInput): Question => ({
  system: SYSTEM,
  turns: [{ role: 'user', text: buildDocument(input) }],
  schema: ANSWER_SCHEMA,
});

/** Roles alternate, and a turn must hold text: Converse refuses the rest. */
function repairTurns(
  { turns }: Question,
  reply: { answer: unknown; text: string },
  problem: string,
): Question['turns'] {
  const said = clip((reply.text || quoted(reply.answer)).toWellFormed(), MAX_QUOTED).trim();
  const text = `Your answer could not be used: ${problem}. Answer again, with one JSON object as described and nothing else.`;
  return [...turns, { role: 'assistant', text: said || '(nothing)' }, { role: 'user', text }];
}

/** An object nested too deep has no text. */
function quoted(answer: unknown): string {
  try {
    return typeof answer === 'object' ? JSON.stringify(answer) : '';
  } catch {
    return '';
  }
}
