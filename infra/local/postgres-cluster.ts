import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { access, chown, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Kept inside the cluster, so that the two can never disagree. */
export const PASSWORD_FILE = 'superuser-password';

// `nobody` on Debian, Red Hat and Alpine. PostgreSQL refuses to run as root.
const UNPRIVILEGED = 65534;
const STAGING = 'cluster.new-';

class ClusterNotOurs extends Error {
  override name = 'ClusterNotOurs';
}

/**
 * Who the server must run as: the cluster's owner, or `nobody` for a new one, when this process is root; undefined for any other
 * user, who can only run it as itself.
 *
 * @throws ClusterNotOurs when the cluster belongs to someone else and we are not root.
 */
export async function clusterUser(cluster: string): Promise<number | undefined> {
  const self = process.getuid?.();
  const owner = await stat(cluster).then(
    (found) => found.uid,
    () => undefined,
  );
  if (self === 0) return owner === undefined || owner === 0 ? UNPRIVILEGED : owner;
  if (self !== undefined && owner !== undefined && owner !== self) {
    throw new ClusterNotOurs(
      `${cluster} belongs to uid ${owner}, and this process is uid ${self}: it was probably started as root before. ` +
        'Start it as root again, or choose another data folder, or remove this one.',
    );
  }
  return undefined;
}

/**
 * The path under which the server finds its cluster. As another user it may be unable to walk there (a checkout of mode 0700), but it
 * is started inside, and Linux resolves its own working directory without looking at the folders above.
 */
export const addressedAs = (cluster: string, user: number | undefined): string =>
  user !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : cluster;

interface NewCluster {
  dataDir: string;
  cluster: string;
  user: number | undefined;
  initdb: string;
  durable: boolean;
}

/**
 * Creates the cluster unless there is one. It is made beside its place and renamed when complete, so that a start killed half-way leaves
 * nothing that looks like a database, and of two first starts at once one wins.
 */
export async function createCluster({ dataDir, cluster, user, initdb, durable }: NewCluster): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await removeAbandoned(dataDir);
  if (await exists(cluster)) return;

  const staging = join(dataDir, `${STAGING}${process.pid}-${randomUUID()}`);
  await mkdir(staging, { mode: 0o700 });
  const passwords = await mkdtemp(join(tmpdir(), 'project-versions-initdb-'));
  const passwordFile = join(passwords, 'password');
  const password = randomBytes(18).toString('base64url');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const identity = user === undefined ? {} : { uid: user, gid: user };
  if (user !== undefined) for (const path of [staging, passwords, passwordFile]) await chown(path, user, user);
  try {
    await promisify(execFile)(initdb, [...initdbOptions(passwordFile, durable), '-D', addressedAs(staging, user)], {
      cwd: staging,
      env: { LC_ALL: 'C', PATH: process.env.PATH },
      ...identity,
    });
    await writeFile(join(staging, PASSWORD_FILE), `${password}\n`, { mode: 0o600 });
    if (user !== undefined) await chown(join(staging, PASSWORD_FILE), user, user);
    await rename(staging, cluster).catch(async (error: unknown) => {
      // Another first start was quicker; its cluster is as good.
      if (!(await exists(cluster))) throw error;
    });
  } finally {
    await rm(passwords, { recursive: true, force: true });
    await rm(staging, { recursive: true, force: true });
  }
}

// Aurora's default collation is the C library's en_US.UTF-8, which differs between machines. The builtin provider (new in 17) is the
// same everywhere; nothing here sorts text that is not ASCII.
const initdbOptions = (passwordFile: string, durable: boolean): string[] => [
  '--username=postgres',
  `--pwfile=${passwordFile}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-instructions',
  ...(durable ? [] : ['--no-sync']),
];

async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const maker = name.startsWith(STAGING) ? Number.parseInt(name.slice(STAGING.length), 10) : undefined;
    if (maker !== undefined && !alive(maker)) await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

/** Whether a process with this id exists, also one of another user. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
