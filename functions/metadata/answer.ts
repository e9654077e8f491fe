import * as z from 'zod/mini';
import { clip, oneLine } from '../platform/text.ts';
import { nameOf, type Proposal } from './generator.ts';

/** More than this is no description of one version, whatever it is. */
const MAX_ANSWER = 50_000;
const MAX_DESCRIPTION = 2_000;
const MAX_REASONING = 1_000;
const MAX_VERSION = 100;
/** No model knows what the next build breaks. */
const MOST_CONFIDENT = 0.95;

const word = <const Words extends [string, ...string[]]>(...words: Words) =>
  z.pipe(
    z.transform((value) => (typeof value === 'string' ? value.trim().toLowerCase() : value)),
    z.enum(words),
  );

/** Text a person may read, on one line, not empty. */
const said = z
  .pipe(
    z.string(),
    z.transform((value) => oneLine(value).trim()),
  )
  .check(z.refine((value) => value !== '', 'must not be empty'));

// Keys nobody asked for are left out.
const answer = z.object({
  change_type: word('major', 'minor', 'patch'),
  version: z.nullish(z.string()),
  name: said,
  description: said,
  breaking_risk: word('none', 'low', 'medium', 'high'),
  confidence: z.number().check(z.minimum(0), z.maximum(1)),
  reasoning: said,
});

/** A model's answer, read: a proposal, or what was wrong with it in words that are ours. */
export type ReadAnswer = { proposal: Proposal } | { problem: string };

/**
 * Reads what a model answered: an object, or text that holds one, bare, fenced or among other words. Never throws; texts are cleaned and clipped to
 * what their columns hold, and a problem names fields and never repeats what stood in them.
 */
export function readAnswer(value: unknown): ReadAnswer {
  const found = typeof value === 'string' ? objectIn(value) : value;
  if (found === undefined) return { problem: 'it holds no JSON object' };
  const { data, error } = answer.safeParse(found);
  if (!data) {
    const fields = [...new Set(error.issues.map(({ path }) => String(path[0] ?? 'the answer')))];
    return { problem: `wrong or missing: ${fields.join(', ')}` };
  }
  const proposal: Proposal = {
    changeType: data.change_type,
    name: nameOf(data.name),
    description: clip(data.description, MAX_DESCRIPTION),
    breakingRisk: data.breaking_risk,
    confidence: Math.min(data.confidence, MOST_CONFIDENT),
    reasoning: clip(data.reasoning, MAX_REASONING),
    version: data.version && data.version.length <= MAX_VERSION ? data.version : null,
    document: null,
  };
  return { proposal };
}

function objectIn(text: string): unknown {
  if (text.length > MAX_ANSWER) return undefined;
  const [from, to] = [text.indexOf('{'), text.lastIndexOf('}')];
  if (from < 0 || to < from) return undefined;
  try {
    return JSON.parse(text.slice(from, to + 1));
  } catch {
    return undefined;
  }
}
