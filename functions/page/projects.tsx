import { useEffect, useRef, useState } from 'preact/hooks';
import { NO_FILTERS, writeAddress } from './address.ts';
import { CrossButton } from './cross-button.tsx';
import { forgetProject, recentProjects } from './recent-projects.ts';

/** For who comes without a link: a box for the name of a project, and those opened before. */
export function Projects({ user, open }: { user: string; open: (project: string) => void }) {
  const [recent, setRecent] = useState(() => recentProjects(user));
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Version history';
    input.current?.focus();
  }, []);
  return (
    <main id="main" class="card alone" tabIndex={-1}>
      <h1>Which project?</h1>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          const project = input.current?.value.trim();
          if (project) open(project);
        }}
      >
        <label for="project">Project</label>
        <input
          ref={input}
          id="project"
          required
          maxLength={255}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder="my-shop"
        />
        <button type="submit" class="primary">
          Open
        </button>
      </form>
      {recent.length > 0 && (
        <>
          <h2>Opened here before</h2>
          <ul class="recent">
            {recent.map((project) => (
              <li key={project}>
                <a
                  href={writeAddress({ project, filters: NO_FILTERS, compare: null })}
                  onClick={(event) => {
                    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                    event.preventDefault();
                    open(project);
                  }}
                >
                  {project}
                </a>
                <CrossButton
                  label={`Forget ${project}`}
                  run={() => {
                    forgetProject(user, project);
                    setRecent(recentProjects(user));
                    input.current?.focus();
                  }}
                />
              </li>
            ))}
          </ul>
        </>
      )}
    </main>
  );
}
