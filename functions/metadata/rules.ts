import { clip } from '../platform/text.ts';
import { nameOf, type Proposal, type Rules } from './generator.ts';

/**
 * Classifies by words: what the prompt and the commits say was done. The last resort, so that a version is never without
 * metadata; its confidence says so.
 */
export const classifyByRules: Rules = ({ message, build }) => {
  const commits = message.changes?.commits?.map(subject).filter((line) => line !== '') ?? [];
  // What was really done beats what was asked for.
  const lines = commits.length > 0 ? commits : [subject(build.prompt)];
  const { changeType, reasoning, confidence } = classify(lines, message.isInitialBuild ?? build.first);
  const description = clip(lines.slice(0, 3).join('; '), MAX_DESCRIPTION);
  return {
    changeType,
    name: nameOf(lines.find((line) => kindOf(line) === changeType) ?? lines[0] ?? ''),
    description: description || 'No description was given.',
    breakingRisk: changeType === 'major' ? 'high' : changeType === 'minor' ? 'low' : 'none',
    confidence,
    reasoning,
    version: null,
    document: null,
  };
};

const MAX_DESCRIPTION = 500;

// Conventional Commits 1.0: `type(scope)!: subject`; a bang or the footer word marks a breaking change.
const MAJOR =
  /^\w+(\([^)]*\))?!:|\bBREAKING[ -]CHANGES?\b|\b(breaking|drop(s|ped)? support|rewrit(e|ten)|redesign(ed)?)\b/i;
const PATCH =
  /^(fix|docs?|chore|style|refactor|test|ci|build|perf|revert)(\([^)]*\))?:|^(bump|update[ds]? (readme|dep)|typo)/i;
const MINOR =
  /^feat(ure)?(\([^)]*\))?:|\b(add(s|ed)?|new|creates?d?|implement(s|ed)?|introduces?d?|supports?|allows?|enables?)\b/i;

type ChangeType = Proposal['changeType'];

function kindOf(line: string): ChangeType {
  if (MAJOR.test(line)) return 'major';
  if (PATCH.test(line)) return 'patch';
  return MINOR.test(line) ? 'minor' : 'patch';
}

function classify(lines: string[], initial: boolean): Pick<Proposal, 'changeType' | 'reasoning' | 'confidence'> {
  if (initial) return { changeType: 'major', reasoning: 'Rules: the first version of the project.', confidence: 0.9 };
  const kinds = lines.map(kindOf);
  const changeType = (['major', 'minor'] as const).find((kind) => kinds.includes(kind)) ?? 'patch';
  const votes = kinds.filter((kind) => kind === changeType).length;
  const reasoning = `Rules: ${votes} of ${lines.length} lines read as ${changeType}.`;
  return { changeType, reasoning, confidence: changeType === 'patch' ? 0.6 : 0.5 };
}

const subject = (text: string): string => text.split('\n', 1)[0]?.trim() ?? '';
