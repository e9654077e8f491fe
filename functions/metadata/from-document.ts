import { clip } from '../platform/text.ts';
import type { RecommendationsDocument } from './document.ts';
import { nameOf, type Proposal } from './generator.ts';

const MAX_DESCRIPTION = 2_000;

/** The proposal that a finished document makes. */
export function proposeFromDocument(document: RecommendationsDocument): Proposal {
  const { version, version_description: description, change_type, breaking_risk } = document.project_info;
  return {
    changeType: change_type,
    name: firstSentence(description),
    description: clip(description, MAX_DESCRIPTION),
    breakingRisk: breaking_risk,
    confidence: 1,
    reasoning: 'Taken from the finished document of the build.',
    version,
    document,
  };
}

/** The document has no name of its own; its description's first sentence or line is what a person would call it. */
function firstSentence(text: string): string {
  const [sentence = text] = text.trim().split(/(?<=[.!?])\s|\n/, 1);
  return nameOf(sentence);
}
