import { useState } from 'preact/hooks';
import { NO_FILTERS } from './address.ts';
import { Mark } from './mark.tsx';
import { ProjectPage } from './project-page.tsx';
import { Projects } from './projects.tsx';
import { type Session, signIn, signOut } from './session.ts';
import type { Settings } from './settings.ts';
import { useAddress } from './use-address.ts';
import { Welcome } from './welcome.tsx';

interface AppProps {
  settings: Settings;
  session: Session | undefined;
  /** Why signing in failed. */
  failure: string | undefined;
}

/** The whole page: who is not signed in is asked to, who names no project is asked for one. */
export function App({ settings, session, failure }: AppProps) {
  const [address, go] = useAddress();
  const [over, setOver] = useState(false);
  if (!session) return <Welcome signIn={() => signIn(settings)} failure={failure} project={address.project} />;
  const open = (project: string) => go({ project, filters: NO_FILTERS, compare: null });
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href="/">
          <Mark />
          Version history
        </a>
        <p class="who">
          <span>
            <span class="sr">Signed in as </span>
            {session.user}
          </span>
          <button type="button" class="quiet" onClick={() => void signOut(settings, session)}>
            Sign out
          </button>
        </p>
      </header>
      {over && (
        <div class="over" role="alert">
          <p>Your sign-in has ended. Signing in again leads back here.</p>
          <button type="button" onClick={() => void signIn(settings)}>
            Sign in again
          </button>
        </div>
      )}
      {address.project === null ? (
        <Projects user={session.user} open={open} />
      ) : (
        <ProjectPage
          key={address.project}
          project={address.project}
          address={address}
          go={go}
          session={session}
          signedOut={() => setOver(true)}
        />
      )}
    </>
  );
}
