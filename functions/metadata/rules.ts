import { clean, clip } from '../platform/text.ts';
import { nameOf, type Proposal, type Rules } from './generator.ts';

/**
 * Classifies by words: what the commits say was done, or else what the prompt asks for. The last resort, so that a version is never without
 * metadata; its confidence is how often it is right (npm run bench -- --only rules).
 */
export const classifyByRules: Rules = ({ message, build }) => {
  const commits = message.changes?.commits?.map(firstLine).filter((line) => line !== '') ?? [];
  // What was really done beats what was asked for.
  const lines = commits.length > 0 ? commits : [firstLine(build.prompt)];
  const { changeType, reasoning, confidence } = classify(lines);
  const description = clip(lines.slice(0, 3).join('; '), MAX_DESCRIPTION);
  return {
    changeType,
    name: nameOf(lines.find((line) => judge(line).changeType === changeType) ?? lines[0] ?? ''),
    description: description || 'No description was given.',
    breakingRisk: changeType === 'major' ? 'high' : changeType === 'minor' ? 'low' : 'none',
    confidence,
    reasoning,
    version: null,
    document: null,
  };
};

const MAX_DESCRIPTION = 500;
/** Words that say what a change is stand at its beginning; whatever is longer is no subject. */
const MAX_SUBJECT = 300;

type ChangeType = Proposal['changeType'];

interface Judgement {
  changeType: ChangeType;
  confidence: number;
  /** Why, in words of our own: the user's are in the name and the description. */
  because: string;
}

// Conventional Commits 1.0: `type(scope)!: subject`; a bang or the footer word marks a breaking change.
const CONVENTIONAL = /^(\w{2,12})(?:\([^)]{0,60}\))?(!?):\s*/;
const MAJOR = /\b(BREAKING[ -]CHANGES?|breaking|drop(s|ped)? support|rewrit(e|ten)|redesign(s|ed)?|from scratch)\b/i;

/** What a word or two weigh, for something new above 0, for something mended below. Each counts once. */
const WORDS: [weight: number, because: string, words: RegExp][] = [
  [2, 'it begins with adding', /^(add(l|s|ed|ing)?|new|initial|first)\b/],
  [
    2,
    'it begins with making something possible',
    /^(allow|support|implement|introduce|create|expose|enable|accept|provide|pass|include|extend|make|build|offer|let)(s|e?d|ing)?\b/,
  ],
  [
    1,
    'it names something new',
    /\b(support(s|ing)?|ability|optional|new|endpoints?|api|features?|pages?|sections?|integrations?|propert(y|ies)|param(eter)?s?|middlewares?|types|typings|website|site)\b/,
  ],
  [
    -3,
    'it names something wrong',
    /\b(miss(ing|ed)|unused|typos?|spelling|gramm[ae]r|lint(ing|er)?|regressions?|hotfix|bugs?|broken|wrong|incorrect|invalid|leaks?|crash(es|ed)?|fail(s|ed|ing|ure)?|not|undefined|without)\b/,
  ],
  [
    -2,
    'it begins with mending or tidying',
    /^(fix(es|ed|ing)?|correct|resolve|prevent|ensure|handle|avoid|stop|remove[ds]?|revert|restore|bump|refactor|clean\w*|simplify|rename|move|change|adjust|tweak|use|return|replace|tighten|set|only|don'?t|upgrade|downgrade|reduce|re-?add|export|declare|switch|disable)\b/,
  ],
  [
    -1.2,
    'it is about tests, words or tools',
    /\b(tests?|testing|docs?|readme|documentation|comments?|examples?|benchmarks?|changelog|deps?|dependenc(y|ies)|ci|workflows?|version)\b/,
  ],
];

function judge(line: string): Judgement {
  const [prefix = '', type = '', bang = ''] = CONVENTIONAL.exec(line) ?? [];
  if (bang === '!' || MAJOR.test(line))
    return { changeType: 'major', confidence: 0.6, because: 'it says that it breaks' };
  if (/^feat(ure)?$/i.test(type)) return { changeType: 'minor', confidence: 0.8, because: 'it is marked as a feature' };
  if (/^(fix|docs?|chore|style|refactor|test|ci|build|perf|revert)$/i.test(type))
    return { changeType: 'patch', confidence: 0.8, because: 'it is marked as no feature' };
  const subject = line.slice(prefix.length).toLowerCase();
  const found = WORDS.filter(([, , words]) => words.test(subject));
  const score = found.reduce((sum, [weight]) => sum + weight, 0);
  const changeType = score > 0 ? 'minor' : 'patch';
  const because = found.filter(([weight]) => weight > 0 === score > 0).map(([, words]) => words);
  return {
    changeType,
    confidence: confidenceOf(score),
    because: because.join(' and ') || 'nothing in it says that something is new',
  };
}

/** How often judgements of such a score were right (npm run bench -- --only rules). */
const confidenceOf = (score: number): number => (Math.abs(score) >= 2 ? 0.8 : 0.7);

function classify(lines: string[]): Pick<Proposal, 'changeType' | 'reasoning' | 'confidence'> {
  const judged = lines.map(judge);
  const changeType = (['major', 'minor'] as const).find((kind) => judged.some((each) => each.changeType === kind));
  const chosen = judged.filter((each) => each.changeType === (changeType ?? 'patch'));
  const best = chosen.reduce((a, b) => (b.confidence > a.confidence ? b : a), chosen[0] ?? judge(''));
  const of = lines.length > 1 ? ` (${chosen.length} of ${lines.length} commits)` : '';
  return { changeType: best.changeType, reasoning: `Rules: ${best.because}${of}.`, confidence: best.confidence };
}

const firstLine = (text: string): string =>
  clip(clean(text.trimStart().slice(0, 4 * MAX_SUBJECT)).trimStart(), MAX_SUBJECT)
    .split('\n', 1)[0]
    ?.trim() ?? '';
