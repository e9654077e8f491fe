import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { encodeTime } from 'ulid';

/** One release of a public repository, read from its tags and commits. */
export interface Release {
  project: string;
  version: string;
  previousVersion: string;
  releasedAt: string;
  changeType: 'major' | 'minor' | 'patch';
  filesChanged: number;
  linesAdded: number;
  linesRemoved: number;
  commits: string[];
}

/** Every release of the data set: 619 of four repositories, oldest first in each. */
export const allReleases = (): Release[] =>
  readFileSync(new URL('releases.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Release);

/** What a first start replays: the first 60 releases of one repository and all of another. */
export function sampleReleases(): Release[][] {
  const all = allReleases();
  const of = (project: string) => all.filter((release) => release.project === project);
  return [of('middyjs/middy').slice(0, 60), of('ankane/strong_migrations')];
}

/** The name a release's repository has as a project: a path segment, so without its slash. */
export const projectId = ({ project }: Release): string => project.replace('/', '-');

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The release's ULID: its time, and a hash where chance would be, so that a replay broken off goes on where it was. */
export function versionId({ project, version, releasedAt }: Release): string {
  const hash = createHash('sha256').update(`${project} ${version}`).digest();
  const tail = Array.from(hash.subarray(0, 16), (byte) => CROCKFORD[byte % 32]).join('');
  return encodeTime(Date.parse(releasedAt), 10) + tail;
}
