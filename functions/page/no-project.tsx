/** Of a project that does not exist, and of somebody else's: both look the same. */
export function NoProject({ project }: { project: string }) {
  return (
    <main id="main" class="card alone" tabIndex={-1}>
      <h1>There is no such project</h1>
      <p>
        Among yours is none called <strong>{project}</strong>. Is the name right, and are you signed in as its owner?
      </p>
      <a class="button" href="/">
        Choose a project
      </a>
    </main>
  );
}
