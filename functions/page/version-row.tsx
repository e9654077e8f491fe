import { ActionButton } from './action-button.tsx';
import type { Version } from './api.ts';
import { Menu } from './menu.tsx';
import { age, date, duration } from './time.ts';
import { buildTime, isPending } from './timeline.ts';
import { called, capitalised, counted, grouped, REASONS, type Reason, RISK_WORDS, TYPE_WORDS } from './words.ts';

/** What a user may do with a version. */
export type Deed = 'publish' | 'unpublish' | 'rollBack' | 'edit' | 'remove' | 'restore' | 'compare';

interface VersionRowProps {
  version: Version;
  now: number;
  act: (deed: Deed, version: Version) => void;
}

/** One version of the history: what it is, how it stands, and what can be done with it. */
export function VersionRow({ version, now, act }: VersionRowProps) {
  const { id, semver, name, description, type, isPublished, deletedAt, createdAt } = version;
  const heading = `version-${id}`;
  const classes = ['version', isPublished && 'published', deletedAt !== null && 'deleted', type ?? 'untyped'];
  return (
    <li class={classes.filter(Boolean).join(' ')} aria-labelledby={heading}>
      <div class="title">
        <h3 id={heading}>
          <span class="number">{semver ?? 'No number yet'}</span>
          {name !== null && <span class="name">{name}</span>}
        </h3>
        <Badges version={version} />
      </div>
      {description !== null && description !== name && <p class="description">{description}</p>}
      <Trouble version={version} />
      {isPublished && <PublishedBy version={version} now={now} />}
      <div class="foot">
        <p class="facts">
          <time dateTime={createdAt} title={date(createdAt)}>
            {capitalised(age(createdAt, now))}
          </time>
          <Facts version={version} />
        </p>
        <Actions version={version} act={act} />
      </div>
    </li>
  );
}

function Badges({ version }: { version: Version }) {
  const { type, status, metadataStatus, isPublished, deletedAt } = version;
  return (
    <span class="badges">
      {isPublished && <span class="badge live">Published</span>}
      {deletedAt !== null && <span class="badge gone">Deleted</span>}
      {status === 'building' && <span class="badge wait">Building</span>}
      {status === 'failed' && <span class="badge bad">Build failed</span>}
      {status === 'deployed' && metadataStatus === 'pending' && isPending(version) && (
        <span class="badge wait">Pending</span>
      )}
      {metadataStatus === 'failed' && <span class="badge bad">Not described</span>}
      {type !== null && <span class={`badge type ${type}`}>{TYPE_WORDS[type]}</span>}
    </span>
  );
}

/** What did not go as it should, or has not yet. */
function Trouble({ version }: { version: Version }) {
  const { status, metadataStatus, metadataError } = version;
  if (metadataStatus === 'failed') {
    return (
      <p class="trouble">
        Its number and description could not be generated{metadataError ? `: ${metadataError}` : '.'}
      </p>
    );
  }
  if (status === 'failed') return <p class="trouble">The build failed: nothing was deployed.</p>;
  if (!isPending(version)) return null;
  return (
    <p class="waiting">
      {status === 'building'
        ? 'The build is under way.'
        : 'It is deployed. Its number and description are on their way.'}
    </p>
  );
}

function Facts({ version }: { version: Version }) {
  const { stats, breakingRisk } = version;
  const built = buildTime(version);
  const risk = breakingRisk === null ? undefined : (RISK_WORDS[breakingRisk] ?? breakingRisk);
  return (
    <>
      {stats.linesAdded !== null && stats.linesRemoved !== null && (
        <span>
          <span class="plus">
            +{grouped(stats.linesAdded)}
            <span class="sr"> lines</span>
          </span>{' '}
          <span class="minus">
            −{grouped(stats.linesRemoved)}
            <span class="sr"> lines</span>
          </span>
          {stats.filesChanged !== null && ` in ${counted(stats.filesChanged, 'file')}`}
        </span>
      )}
      {built !== null && <span>Built in {duration(built)}</span>}
      {risk !== undefined && <span class={`risk ${breakingRisk}`}>{risk}</span>}
    </>
  );
}

export function PublishedBy({ version, now }: { version: Version; now: number }) {
  const { publishedAt, publishedBy, userComment } = version;
  return (
    <p class="by">
      Published{publishedBy !== null && ` by ${publishedBy}`}{' '}
      {publishedAt !== null && (
        <time dateTime={publishedAt} title={date(publishedAt)}>
          {age(publishedAt, now)}
        </time>
      )}
      {userComment !== null && <q>{userComment}</q>}
    </p>
  );
}

const reasonOf = (reason: Reason | undefined): string | undefined => reason && REASONS[reason];

function Actions({ version, act }: { version: Version; act: VersionRowProps['act'] }) {
  const { previewUrl, canPreview, isPublished, deletedAt, reasons } = version;
  const of = called(version);
  const run = (deed: Deed) => () => act(deed, version);
  return (
    <div class="actions">
      {/* One button, so that it keeps the focus when it changes its mind. */}
      <ActionButton
        label={isPublished ? 'Unpublish' : 'Publish'}
        of={of}
        reason={isPublished ? undefined : reasonOf(reasons.publish)}
        primary={!isPublished}
        run={run(isPublished ? 'unpublish' : 'publish')}
      />
      {canPreview && previewUrl !== null && /^https?:/.test(previewUrl) && (
        <a class="button small" href={previewUrl} target="_blank" rel="noopener noreferrer">
          Preview<span class="sr"> {of}, in a new tab</span>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M6 4h6v6m0-6-7.5 7.5" />
          </svg>
        </a>
      )}
      <Menu
        of={of}
        items={[
          { label: 'Roll back to it', reason: reasonOf(reasons.rollback), run: run('rollBack') },
          { label: 'Compare', run: run('compare') },
          {
            label: 'Rename',
            reason: deletedAt === null ? undefined : REASONS.deleted,
            run: run('edit'),
          },
          deletedAt === null
            ? { label: 'Delete', reason: reasonOf(reasons.delete), danger: true, run: run('remove') }
            : { label: 'Restore', run: run('restore') },
        ]}
      />
    </div>
  );
}
