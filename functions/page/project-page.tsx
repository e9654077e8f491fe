import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Address, NO_FILTERS, readAddress, writeAddress } from './address.ts';
import { type Edit, ProjectApi, type Version } from './api.ts';
import { type Change, ChangeDialog } from './change-dialog.tsx';
import { Chart } from './chart.tsx';
import { Compare } from './compare.tsx';
import { EditDialog } from './edit-dialog.tsx';
import { FilterBar } from './filter-bar.tsx';
import { NoProject } from './no-project.tsx';
import { Notices, useNotice } from './notices.tsx';
import { PublishedCard } from './published-card.tsx';
import { rememberProject } from './recent-projects.ts';
import { refusalWords } from './refusal.ts';
import { Refused } from './refused.ts';
import type { Session } from './session.ts';
import type { Go } from './use-address.ts';
import { useFocusKept } from './use-focus-kept.ts';
import { useHistory } from './use-history.ts';
import { useNow } from './use-now.ts';
import { VersionList } from './version-list.tsx';
import type { Deed } from './version-row.tsx';
import { arrivedWords, called, capitalised, failureWords } from './words.ts';

interface ProjectPageProps {
  project: string;
  address: Address;
  go: Go;
  session: Session;
  /** The API has said that the token does not count any more. */
  signedOut: () => void;
}

/** A project: what visitors see, its builds, its versions, and what is done with them. */
export function ProjectPage({ project, address, go, session, signedOut }: ProjectPageProps) {
  const api = useMemo(
    () => new ProjectApi(location.origin, session.accessToken, project),
    [session.accessToken, project],
  );
  const query = writeAddress({ project: null, filters: address.filters, compare: null });
  // The same filters are the same object, whatever else of the address changes.
  const filters = useMemo(() => readAddress(query).filters, [query]);
  const [notice, tell] = useNotice();
  const [asked, ask] = useState<{ deed: Deed; version: Version }>();
  const now = useNow();
  const [state, history] = useHistory(api, filters, (arrived) =>
    tell({ tone: 'done', text: arrived.map(arrivedWords).join(' ') }),
  );
  const { timeline, publication, failure } = state;
  const versions = timeline?.versions ?? [];
  const found = timeline !== null;

  useEffect(() => {
    document.title = `${project} · Version history`;
  }, [project]);
  useEffect(() => {
    if (found) rememberProject(session.user, project);
  }, [found, session.user, project]);
  const over = failure?.status === 401;
  useEffect(() => {
    if (over) signedOut();
  }, [over, signedOut]);
  useFocusKept(versions);

  /** What the user saw published when they decided. */
  const expected = useRef<string | null>(null);

  /** Does something to a version, and says how it went. @throws Refused when the same may succeed later */
  const perform = async (work: () => Promise<Version>, done: (changed: Version) => Parameters<typeof tell>[0]) => {
    try {
      const changed = await work();
      tell(done(changed));
    } catch (error) {
      if (!(error instanceof Refused) || error.passes) throw error;
      if (error.status === 401) signedOut();
      tell({ tone: 'wrong', text: await refusalWords(api, error) });
    }
    // Not waited for: the dialog can go.
    void history?.refresh();
  };

  const act = (deed: Deed, version: Version): void => {
    expected.current = publication?.version?.id ?? null;
    if (deed === 'restore') {
      const key = crypto.randomUUID();
      void perform(
        () => api.restore(version.id, key),
        () => ({ tone: 'done', text: `${capitalised(called(version))} is restored.` }),
      ).catch((error: Refused) => tell({ tone: 'wrong', text: failureWords(error) }));
    } else if (deed === 'compare') {
      const other = partner(version, versions, publication?.version ?? null);
      if (other) go({ ...address, compare: [other.id, version.id] });
      else tell({ tone: 'wrong', text: 'There is no other version to compare it with.' });
    } else ask({ deed, version });
  };

  const change = (deed: Change, { id }: Version, comment: string, key: string) =>
    perform(
      () => {
        if (deed === 'publish') return api.publish(id, comment, expected.current, key);
        if (deed === 'unpublish') return api.unpublish(id, comment, key);
        return deed === 'rollBack' ? api.rollBack(id, comment, key) : api.remove(id);
      },
      (changed) => ({
        tone: 'done',
        text: DONE[deed](capitalised(called(changed))),
        ...(deed === 'rollBack' && { action: { label: 'Publish it', run: () => act('publish', changed) } }),
        ...(deed === 'remove' && { action: { label: 'Restore it', run: () => act('restore', changed) } }),
      }),
    );

  if (failure?.status === 404 && !found) return <NoProject project={project} />;
  const closed = () => ask(undefined);
  return (
    <main id="main" class="project" tabIndex={-1}>
      <div class="heading">
        <h1>{project}</h1>
        <a href="/">Another project</a>
      </div>
      <Notices notice={notice} dismiss={() => tell(null)} />
      <aside aria-label="At a glance">
        <PublishedCard publication={publication} now={now} />
        <Chart versions={versions} />
      </aside>
      <div class="content">
        <FilterBar filters={filters} change={(to, how) => go({ ...address, filters: to }, how)} />
        <VersionList
          state={state}
          filtered={query !== ''}
          now={now}
          act={act}
          more={() => void history?.more()}
          refresh={() => void history?.refresh()}
          clear={() => go({ ...address, filters: NO_FILTERS })}
        />
      </div>
      {asked?.deed === 'edit' && (
        <EditDialog
          api={api}
          version={asked.version}
          perform={(edit: Edit) =>
            perform(
              () => api.edit(asked.version.id, edit),
              (changed) => ({ tone: 'done', text: `${capitalised(called(changed))} is saved.` }),
            )
          }
          onClosed={closed}
        />
      )}
      {asked && isChange(asked.deed) && (
        <ChangeDialog
          change={asked.deed}
          version={asked.version}
          perform={(comment, key) => change(asked.deed as Change, asked.version, comment, key)}
          onClosed={closed}
        />
      )}
      {address.compare && found && (
        <Compare
          api={api}
          ids={address.compare}
          versions={versions}
          choose={(compare) => go({ ...address, compare }, 'replace')}
          onClosed={() => go({ ...address, compare: null })}
        />
      )}
    </main>
  );
}

const isChange = (deed: Deed): deed is Change => ['publish', 'unpublish', 'rollBack', 'remove'].includes(deed);

const DONE: Record<Change, (version: string) => string> = {
  publish: (version) => `${version} is published.`,
  unpublish: (version) => `${version} is not published any more.`,
  rollBack: (version) => `${version} is created. Visitors do not see it yet.`,
  remove: (version) => `${version} is deleted.`,
};

/** What to compare a version with at first: what visitors see, else the one before it, else the one after. */
function partner(version: Version, versions: readonly Version[], published: Version | null): Version | undefined {
  if (published && published.id !== version.id) return published;
  const at = versions.findIndex(({ id }) => id === version.id);
  return versions[at + 1] ?? versions[at - 1];
}
