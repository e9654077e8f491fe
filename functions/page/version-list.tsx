import { useEffect, useRef } from 'preact/hooks';
import type { Version } from './api.ts';
import type { HistoryState } from './history.ts';
import { type Deed, VersionRow } from './version-row.tsx';
import { failureWords, grouped } from './words.ts';

interface VersionListProps {
  state: HistoryState;
  filtered: boolean;
  now: number;
  act: (deed: Deed, version: Version) => void;
  more: () => void;
  refresh: () => void;
  clear: () => void;
}

/** The versions, newest first; what is older comes when the end is near, or with a button. */
export function VersionList({ state, filtered, now, act, more, refresh, clear }: VersionListProps) {
  const { timeline, total, busy, failure } = state;
  const end = useRef<HTMLDivElement>(null);
  const goesOn = timeline !== null && timeline.nextCursor !== null;
  const loaded = timeline?.versions.length ?? 0;
  const next = useRef(more);
  next.current = more;
  // Anew after each page: one that leaves the end in sight is followed by another.
  useEffect(() => {
    if (!end.current || !goesOn || busy || failure || loaded === 0) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && next.current(), {
      rootMargin: '600px',
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [goesOn, busy, failure, loaded]);
  return (
    <section class="history" aria-labelledby="versions" aria-busy={busy}>
      <div class="head">
        <h2 id="versions" tabIndex={-1}>
          Versions
        </h2>
        <p class="count" role="status">
          {timeline && <Count loaded={loaded} total={total} goesOn={goesOn} />}
        </p>
        {filtered && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              // The button goes; the keyboard stays here.
              document.getElementById('versions')?.focus();
              clear();
            }}
          >
            Clear filters
          </button>
        )}
        <button type="button" class="quiet" onClick={refresh}>
          Refresh
        </button>
      </div>
      {timeline === null && !failure && <Skeleton />}
      {timeline !== null && loaded > 0 && (
        <ol class="versions">
          {timeline.versions.map((version) => (
            <VersionRow key={version.id} version={version} now={now} act={act} />
          ))}
        </ol>
      )}
      {timeline !== null && loaded === 0 && !goesOn && (
        <div class="empty">
          <p>{filtered ? 'No versions match.' : 'All versions are checkpoints or deleted.'}</p>
          {filtered && (
            <button type="button" onClick={clear}>
              Show all
            </button>
          )}
        </div>
      )}
      {failure && (
        <div class="empty" role="alert">
          <p>{failureWords(failure)}</p>
          <button type="button" onClick={timeline ? more : refresh}>
            Try again
          </button>
        </div>
      )}
      <div ref={end} class="end">
        {goesOn && !failure && (
          <button type="button" aria-disabled={busy} onClick={() => !busy && more()}>
            {busy ? 'Loading …' : 'Load older versions'}
          </button>
        )}
      </div>
    </section>
  );
}

function Count({ loaded, total, goesOn }: { loaded: number; total: number | null; goesOn: boolean }) {
  const all = goesOn ? total : loaded;
  return (
    <>
      {all === null
        ? `${grouped(loaded)} so far`
        : all > loaded
          ? `${grouped(loaded)} of ${grouped(all)}`
          : grouped(all)}
      <span class="sr"> {all === 1 ? 'version' : 'versions'}</span>
    </>
  );
}

function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {[1, 2, 3, 4].map((each) => (
        <div key={each} />
      ))}
    </div>
  );
}
