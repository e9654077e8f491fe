import { readFileSync } from 'node:fs';
import type { Proposal } from '../../functions/metadata/generator.ts';
import { classifyByRules } from '../../functions/metadata/rules.ts';

type ChangeType = Proposal['changeType'];

/** A change of a public repository, and what its author made of it. The rules see `text` alone. */
interface Change {
  project: string;
  text: string;
  changeType: ChangeType;
}

/** 521 changes of three projects: conventional commits, without the prefix that says what they are. */
const changes: Change[] = readFileSync(new URL('changes.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Change);

/** What the rules say of one change. */
const judge = (text: string): Proposal =>
  classifyByRules({
    message: {
      type: 'generate-metadata',
      versionId: '01J00000000000000000000000',
      projectId: 'p',
      changes: { commits: [text] },
    },
    build: {
      ...{ version_id: '01J00000000000000000000000', project_id: 'p', status: 'deployed', metadata_status: 'pending' },
      ...{ framework: null, prompt: '' },
    },
  });

/** Ten words a person would think of first. */
const TEN_WORDS = /\b(add|adds|added|new|support|allow|enable|implement|introduce|create)\b/i;

type Classify = (text: string, others: Change[]) => ChangeType;
const CLASSIFIERS: Record<string, Classify> = {
  'the rules': (text) => judge(text).changeType,
  'ten words': (text) => (TEN_WORDS.test(text) ? 'minor' : 'patch'),
  'the majority of the other projects': (_, others) => majority(others),
};

function majority(others: Change[]): ChangeType {
  const count = (type: ChangeType) => others.filter(({ changeType }) => changeType === type).length;
  return count('minor') > count('patch') ? 'minor' : 'patch';
}

/** The share of right answers with its 95 % interval. Wilson, 1927. */
function share(right: number, of: number) {
  const z = 1.96;
  const p = right / of;
  const middle = (p + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((p * (1 - p)) / of + z ** 2 / (4 * of ** 2));
  return { right, of, share: p, low: middle - half, high: middle + half };
}

/** Judges each project by what is known without it: the rules are fixed, only the majority learns from the others. */
export function measure() {
  const projects = [...new Set(changes.map(({ project }) => project))];
  return Object.fromEntries(
    Object.entries(CLASSIFIERS).map(([name, classify]) => {
      const byProject = projects.map((project) => {
        const others = changes.filter((change) => change.project !== project);
        const own = changes.filter((change) => change.project === project);
        const right = own.filter(({ text, changeType }) => classify(text, others) === changeType).length;
        return { project, ...share(right, own.length) };
      });
      const right = byProject.reduce((sum, each) => sum + each.right, 0);
      return [name, { all: share(right, changes.length), byProject }];
    }),
  );
}

/** How often each confidence was right. */
export function reliability() {
  const judged = changes.map(({ text, changeType }) => ({
    ...judge(text),
    right: judge(text).changeType === changeType,
  }));
  const levels = [...new Set(judged.map(({ confidence }) => confidence))].sort((a, b) => b - a);
  return levels.map((confidence) => {
    const of = judged.filter((each) => each.confidence === confidence);
    return { confidence, ...share(of.filter(({ right }) => right).length, of.length) };
  });
}

const percent = ({ share: p, low, high, right, of }: ReturnType<typeof share>): string =>
  `${p.toFixed(3)}  [${low.toFixed(3)}, ${high.toFixed(3)}]  ${right} of ${of}`;

/** How often each way is right, and how often the rules are when they say how sure they are. */
export interface RulesFigures {
  figures: ReturnType<typeof measure>;
  reliability: ReturnType<typeof reliability>;
}

/** Judges all changes. */
export const measureRules = (): RulesFigures => ({ figures: measure(), reliability: reliability() });

/** Prints what the rules are worth. */
export function printRules({ figures, reliability: levels }: RulesFigures): void {
  console.log(
    '\nHow often the kind of a change is right, with the 95 % interval; each project judged by what is known without it\n',
  );
  for (const [name, { all, byProject }] of Object.entries(figures)) {
    console.log(`${name.padEnd(38)}${percent(all)}`);
    for (const each of byProject) console.log(`  ${each.project.padEnd(36)}${percent(each)}`);
  }
  console.log('\nHow often the rules are right when they say how sure they are');
  for (const each of levels) console.log(`  ${String(each.confidence).padEnd(36)}${percent(each)}`);
}
