import type { Publication } from './api.ts';
import { PublishedBy } from './version-row.tsx';

/** What visitors of the project see. */
export function PublishedCard({ publication, now }: { publication: Publication | null; now: number }) {
  const version = publication?.version;
  return (
    <section class={`card live ${version ? 'on' : 'off'}`} aria-labelledby="live">
      <h2 id="live">Visitors see</h2>
      {version ? (
        <>
          <p class="what">
            <span class="number">{version.semver ?? 'A version without a number'}</span>
            <span class="name">{version.name}</span>
          </p>
          <PublishedBy version={version} now={now} />
          {version.previewUrl !== null && /^https?:/.test(version.previewUrl) && (
            <a href={version.previewUrl} target="_blank" rel="noopener noreferrer">
              Look at it<span class="sr">, in a new tab</span>
            </a>
          )}
        </>
      ) : (
        <p>{publication ? 'Nothing: no version is published.' : '…'}</p>
      )}
    </section>
  );
}
