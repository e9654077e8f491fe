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

/** A source of metadata. `null` leaves the version to the next source. */
export type Generate = (input: GeneratorInput) => Promise<Proposal | null> | Proposal | null;
