import { useRef } from 'preact/hooks';
import { TYPES } from './address.ts';
import type { Version } from './api.ts';
import { type Mark, marksOf } from './chart-marks.ts';
import { date, day, duration } from './time.ts';
import { useWidth } from './use-width.ts';
import { called, capitalised, counted, TYPE_WORDS } from './words.ts';

const HEIGHT = 128;
// Of marks alone, when no build time is known.
const LOW_HEIGHT = 56;
// Around the marks: room for half a mark, and for the words of the axes.
const EDGE = { top: 20, bottom: 22, left: 6, right: 6 };
const PIXELS_A_MARK = 11;
const MOST = 60;
// A line through fewer says nothing.
const LEAST = 2;

/** How long the builds took, and what kind of change they were, over the versions that are loaded. */
export function Chart({ versions }: { versions: readonly Version[] }) {
  const element = useRef<HTMLDivElement>(null);
  const width = useWidth(element);
  // On a narrow screen the versions come first.
  const initially = useRef(matchMedia('(width >= 62rem)').matches);
  const { marks, top } = marksOf(versions, Math.min(MOST, Math.floor(width / PIXELS_A_MARK)));
  return (
    <details class="card chart" open={initially.current}>
      <summary>
        <h2>Builds</h2>
      </summary>
      <div ref={element}>
        {width > 0 && marks.length >= LEAST ? (
          <Drawing marks={marks} top={top} width={width} />
        ) : (
          <p>{width > 0 && 'There is a chart once there are two versions.'}</p>
        )}
      </div>
      {marks.length >= LEAST && (
        <>
          <ul class="legend">
            {TYPES.map((type) => (
              <li key={type}>
                <svg viewBox="-6 -6 12 12" aria-hidden="true">
                  <Shape type={type} />
                </svg>
                {TYPE_WORDS[type]}
              </li>
            ))}
          </ul>
          <details>
            <summary>As a table</summary>
            <Table marks={marks} />
          </details>
        </>
      )}
    </details>
  );
}

function Drawing({ marks, top, width }: { marks: Mark[]; top: number; width: number }) {
  const known = marks.filter(({ milliseconds }) => milliseconds !== null).length;
  const height = known > 0 ? HEIGHT : LOW_HEIGHT;
  const floor = height - EDGE.bottom;
  const x = (share: number) => EDGE.left + share * (width - EDGE.left - EDGE.right);
  const y = (share: number) => floor - share * (floor - EDGE.top);
  const [first, last] = [marks[0]?.version, marks.at(-1)?.version];
  return (
    <svg
      class="drawing"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-labelledby="chart-title chart-text"
    >
      <title id="chart-title">Build times and kinds of change</title>
      <desc id="chart-text">{summary(marks)}</desc>
      <path class="axis" d={`M0 ${floor + 0.5}H${width}`} />
      {known > 0 && (
        <>
          <path class="axis faint" d={`M0 ${EDGE.top + 0.5}H${width}`} />
          <text x="0" y={EDGE.top - 7}>
            {duration(top)}
          </text>
        </>
      )}
      {marks.map(({ version, x: across, y: up, milliseconds }) => (
        <g key={version.id} class={`mark ${version.type ?? 'untyped'}`}>
          <title>
            {[capitalised(called(version)), milliseconds === null ? '' : duration(milliseconds), day(version.createdAt)]
              .filter(Boolean)
              .join(' · ')}
          </title>
          {up !== null && <path class="stem" d={`M${x(across)} ${floor}V${y(up)}`} />}
          <g transform={`translate(${x(across)} ${y(up ?? 0)})`}>
            {version.status === 'failed' ? (
              <path class="cross" d="m-3.5-3.5 7 7m0-7-7 7" />
            ) : (
              <Shape type={version.type} />
            )}
          </g>
        </g>
      ))}
      <text x="0" y={height - 4}>
        {first && day(first.createdAt)}
      </text>
      <text x={width} y={height - 4} text-anchor="end">
        {last && day(last.createdAt)}
      </text>
    </svg>
  );
}

/** A shape of its own for each kind, so that nobody needs its colour. */
function Shape({ type }: { type: Version['type'] }) {
  if (type === 'major') return <path class="major" d="M0-5.5 5 4H-5Z" />;
  if (type === 'minor') return <circle class="minor" r="4" />;
  if (type === 'patch') return <path class="patch" d="M-3-3h6v6h-6Z" />;
  if (type === 'rollback') return <path class="rollback" d="M0-5 5 0 0 5-5 0Z" />;
  return <circle class="untyped" r="3" />;
}

function summary(marks: Mark[]): string {
  const times = marks.map(({ milliseconds }) => milliseconds).filter((time) => time !== null);
  const kinds = TYPES.map((type) => ({ type, count: marks.filter(({ version }) => version.type === type).length }))
    .filter(({ count }) => count > 0)
    .map(({ type, count }) => `${count} ${TYPE_WORDS[type].toLowerCase()}`);
  const built =
    times.length === 0
      ? 'How long their builds took is not known.'
      : `Builds took ${duration(Math.min(...times))} to ${duration(Math.max(...times))}.`;
  return `The newest ${counted(marks.length, 'version')}, oldest first: ${kinds.join(', ') || 'of no known kind'}. ${built}`;
}

function Table({ marks }: { marks: Mark[] }) {
  return (
    // A region of its own, which the keyboard can scroll.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable
    <section class="scroll" tabIndex={0} aria-label="Builds as a table">
      <table>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Kind</th>
            <th scope="col">Build</th>
            <th scope="col">Started</th>
          </tr>
        </thead>
        <tbody>
          {marks.toReversed().map(({ version, milliseconds }) => (
            <tr key={version.id}>
              <th scope="row">{version.semver ?? '–'}</th>
              <td>{version.type === null ? '–' : TYPE_WORDS[version.type]}</td>
              <td>
                {version.status === 'failed' ? 'failed' : milliseconds === null ? 'unknown' : duration(milliseconds)}
              </td>
              <td>{date(version.createdAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
