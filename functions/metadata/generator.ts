import { clip } from '../platform/text.ts';
import type { BuildRow } from '../versions/queries.ts';
import type { RecommendationsDocument } from './document.ts';
import type { GenerateMetadataMessage } from './message.ts';

/** What a generator has to go by. */
export interface GeneratorInput {
  message: GenerateMetadataMessage;
  build: BuildRow;
}

/** What a generator proposes. The number is only ever a proposal: the database assigns it. */
export interface Proposal {
  changeType: 'major' | 'minor' | 'patch';
  name: string;
  description: string;
  breakingRisk: 'none' | 'low' | 'medium' | 'high';
  confidence: number;
  reasoning: string;
  version: string | null;
  document: RecommendationsDocument | null;
}

/** What the column version_name holds. */
const MAX_NAME = 100;

/** The name a text makes: clipped to what the column holds, never empty. */
export const nameOf = (text: string): string => clip(text, MAX_NAME) || 'Unnamed';

/** A source of metadata. `null` leaves the version to the next source. */
export type Generate = (input: GeneratorInput) => Promise<Proposal | null> | Proposal | null;
