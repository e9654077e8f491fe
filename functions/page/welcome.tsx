import { useState } from 'preact/hooks';
import { Mark } from './mark.tsx';

interface WelcomeProps {
  signIn: () => Promise<void>;
  failure: string | undefined;
  project: string | null;
}

/** What the page is, for who is not signed in. */
export function Welcome({ signIn, failure, project }: WelcomeProps) {
  const [problem, setProblem] = useState(failure);
  return (
    <main id="main" class="card alone">
      <Mark />
      <h1>Version history</h1>
      <p>
        {project === null
          ? 'Every version of a project: what changed, what visitors see, and the way back.'
          : `Sign in to see the versions of ${project}.`}
      </p>
      <div role="alert">{problem !== undefined && <p class="problem">Signing in did not work: {problem}</p>}</div>
      <button
        type="button"
        class="primary"
        onClick={() => {
          setProblem(undefined);
          signIn().catch((error: Error) => setProblem(error.message));
        }}
      >
        Sign in
      </button>
    </main>
  );
}
