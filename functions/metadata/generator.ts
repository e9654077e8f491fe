import { clip } from '../platform/text.ts';
import type { BuildRow } from '../versions/queries.ts';
import type { RecommendationsDocument } from './document.ts';
import type { GenerateMetadataMessage } from './message.ts';

/** What a generator has to go by. */
export interface GeneratorInput {
  message: GenerateMetadataMessage;
  build: BuildRow;
}

/** Where metadata came from; `person` never is one of these. */
export type Source = 'document' | 'model' | 'rules';

/** What a generator proposes. The number is only ever a proposal: the database assigns it. */
export interface Proposal {
  changeType: 'major' | 'minor' | 'patch';
  name: string;
  description: string;
  breakingRisk: 'none' | 'low' | 'medium' | 'high';
  /** 0 to 1. */
  confidence: number;
  reasoning: string;
  version: string | null;
  document: RecommendationsDocument | null;
}

/** Classifies by the text alone, and always has an answer. */
export type Rules = (input: GeneratorInput) => Proposal;

/**
 * What came of asking a model. `rejected`: it refuses, or answered badly twice; asking again would cost the same for nothing. `unavailable`: it is
 * throttled, away or slow, and may answer later. `calls`: how many the answer took, each billed.
 */
export type ModelAnswer =
  | { kind: 'proposal'; proposal: Proposal; calls: number }
  | { kind: 'rejected'; reason: string; calls: number }
  | { kind: 'unavailable'; reason: string; calls: number };

/** Asks a model, at most two calls, and gives up when `signal` says so. Never throws. */
export type AskModel = (input: GeneratorInput, signal: AbortSignal) => Promise<ModelAnswer>;

/** What the column version_name holds. */
const MAX_NAME = 100;

/** The name a text makes: clipped to what the column holds, never empty. */
export const nameOf = (text: string): string => clip(text, MAX_NAME) || 'Unnamed';
