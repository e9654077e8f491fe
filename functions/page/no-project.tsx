/** Of a project that does not exist, and of somebody else's: both look the same. */
export function NoProject({ project }: { project: string }) {
  return (
    <main id="main" class="card alone" tabIndex={-1}>
      <h1>There is no such project</h1>
      <p>
        You have no project named <strong>{project}</strong>. Check the name, or sign in as its owner.
      </p>
      <a class="button" href="/">
        Choose a project
      </a>
    </main>
  );
}
