const MOST = 8;

// One list a user: users who share a browser do not see each other’s projects.
const keyOf = (user: string): string => `projects of ${user}`;

/** The projects a user has opened in this browser, the last one first. */
export function recentProjects(user: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(user)) ?? '[]');
    return Array.isArray(kept) ? kept.filter((each) => typeof each === 'string').slice(0, MOST) : [];
  } catch {
    return [];
  }
}

const keep = (user: string, projects: string[]): void =>
  localStorage.setItem(keyOf(user), JSON.stringify(projects.slice(0, MOST)));

/** Puts a project first. */
export const rememberProject = (user: string, project: string): void =>
  keep(user, [project, ...recentProjects(user).filter((each) => each !== project)]);

export const forgetProject = (user: string, project: string): void =>
  keep(
    user,
    recentProjects(user).filter((each) => each !== project),
  );
