import { useEffect, useState } from 'preact/hooks';
import type { ProjectApi, Version, VersionDetails } from './api.ts';
import { Dialog } from './dialog.tsx';
import { Refused } from './refused.ts';
import { date, duration } from './time.ts';
import { buildTime } from './timeline.ts';
import { capitalised, counted, failureWords, grouped, RISK_WORDS, TYPE_WORDS } from './words.ts';

interface CompareProps {
  api: ProjectApi;
  ids: readonly [string, string];
  /** What else can be chosen. */
  versions: readonly Version[];
  choose: (ids: [string, string]) => void;
  onClosed: () => void;
}

type Side = VersionDetails | Refused | null;

/** Two versions side by side, with their whole texts. */
export function Compare({ api, ids, versions, choose, onClosed }: CompareProps) {
  const [left, right] = [useDetails(api, ids[0]), useDetails(api, ids[1])];
  const loaded = [left, right].every((side) => side !== null && !(side instanceof Refused));
  const pick = (side: 0 | 1) => (id: string) => choose(side === 0 ? [id, ids[1]] : [ids[0], id]);
  return (
    <Dialog title="Side by side" onClosed={onClosed} wide>
      {() => (
        <table class="compare">
          <thead>
            <tr>
              <td />
              <th scope="col">
                <Choice
                  label="One version"
                  id={ids[0]}
                  other={ids[1]}
                  side={left}
                  versions={versions}
                  choose={pick(0)}
                />
              </th>
              <th scope="col">
                <Choice
                  label="Another version"
                  id={ids[1]}
                  other={ids[0]}
                  side={right}
                  versions={versions}
                  choose={pick(1)}
                />
              </th>
            </tr>
          </thead>
          <tbody>
            {ROWS.map(([title, value]) => {
              const [one, other] = [shown(left, value), shown(right, value)];
              // What is known of neither is no difference and nothing to read.
              if (loaded && one === UNKNOWN && other === UNKNOWN) return null;
              return (
                <tr key={title} class={loaded && one !== other ? 'differs' : undefined}>
                  <th scope="row">{title}</th>
                  <td>{one}</td>
                  <td>{other}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Dialog>
  );
}

const optional = <Value,>(value: Value | null, words: (value: Value) => string): string =>
  value === null ? '' : words(value);

const ROWS: [title: string, value: (version: VersionDetails) => string][] = [
  ['Name', ({ name }) => name ?? ''],
  ['Description', ({ fullDescription }) => fullDescription ?? ''],
  ['Kind', ({ type }) => optional(type, (known) => TYPE_WORDS[known])],
  ['Why this kind', ({ reasoning }) => reasoning ?? ''],
  ['Certainty', ({ confidence }) => optional(confidence, (share) => `${Math.round(share * 100)} %`)],
  ['Risk', ({ breakingRisk }) => optional(breakingRisk, (risk) => RISK_WORDS[risk] ?? risk)],
  ['Files', ({ stats }) => optional(stats.filesChanged, (files) => counted(files, 'file'))],
  ['Lines added', ({ stats }) => optional(stats.linesAdded, grouped)],
  ['Lines removed', ({ stats }) => optional(stats.linesRemoved, grouped)],
  ['Start to deployed', (version) => optional(buildTime(version), duration)],
  ['Installing took', ({ durations }) => optional(durations.installMs, duration)],
  ['Building took', ({ durations }) => optional(durations.buildMs, duration)],
  ['Deploying took', ({ durations }) => optional(durations.deployMs, duration)],
  ['Describing took', ({ metadataMs }) => optional(metadataMs, duration)],
  ['Described by', ({ metadataGenerator, autoClassified }) => author(metadataGenerator, autoClassified)],
  ['Status', ({ status }) => capitalised(status)],
  ['Started', ({ createdAt }) => date(createdAt)],
  ['Deployed', ({ deployedAt }) => optional(deployedAt, date)],
  ['Published', ({ isPublished, publishedAt }) => (isPublished ? optional(publishedAt, date) : 'No')],
];

const AUTHORS = { document: 'The build', model: 'A model', rules: 'Rules' };

const author = (generator: VersionDetails['metadataGenerator'], automatic: boolean | null): string =>
  automatic === false ? 'A person' : generator === null ? '' : AUTHORS[generator];

const UNKNOWN = '–';

function shown(side: Side, value: (version: VersionDetails) => string): string {
  if (side === null) return '…';
  return side instanceof Refused ? '' : value(side) || UNKNOWN;
}

/** What the API knows of a version, null until it is there. */
function useDetails(api: ProjectApi, id: string): Side {
  const [side, setSide] = useState<Side>(null);
  useEffect(() => {
    let current = true;
    setSide(null);
    api.version(id).then(
      (details) => current && setSide(details),
      (refused: Refused) => current && setSide(refused),
    );
    return () => {
      current = false;
    };
  }, [api, id]);
  return side;
}

interface ChoiceProps {
  label: string;
  id: string;
  other: string;
  side: Side;
  versions: readonly Version[];
  choose: (id: string) => void;
}

function Choice({ label, id, other, side, versions, choose }: ChoiceProps) {
  // One that a link names may be further down than what is loaded.
  const linked = versions.some((each) => each.id === id)
    ? []
    : [{ id, title: side === null || side instanceof Refused ? id : titled(side) }];
  const known = versions.map((each) => ({ id: each.id, title: titled(each) }));
  return (
    <>
      <select aria-label={label} value={id} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {[...linked, ...known].map((each) => (
          <option key={each.id} value={each.id} disabled={each.id === other}>
            {each.title}
          </option>
        ))}
      </select>
      {side instanceof Refused && (
        <span class="problem" role="alert">
          {failureWords(side)}
        </span>
      )}
    </>
  );
}

const titled = ({ semver, name, createdAt }: Version): string =>
  [semver ?? 'no number', name ?? date(createdAt)].join(' · ');
