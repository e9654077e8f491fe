/** A semantic version whose numbers fit PostgreSQL's integer. */
export interface SemVer {
  major: number;
  minor: number;
  patch: number;
  prerelease: string | null;
}

const MAX_INTEGER = 2_147_483_647;
/** Longer tags are no names any more; the legacy column held 50 characters as well. */
const MAX_PRERELEASE = 50;

// The grammar of semver.org, section 2, 9 and 10: no leading zeros, no `v`, three numbers; build metadata may follow.
const NUMBER = '(0|[1-9]\\d*)';
const IDENTIFIER = '(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)';
const GRAMMAR = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

/** Reads a strict SemVer 2.0 version; anything else, or a number past int4, is `null`. Build metadata is dropped: it has no precedence. */
export function parseSemVer(text: string): SemVer | null {
  const match = GRAMMAR.exec(text);
  if (!match) return null;
  const [major, minor, patch] = match.slice(1, 4).map(Number) as [number, number, number];
  const prerelease = match[4] ?? null;
  if (Math.max(major, minor, patch) > MAX_INTEGER) return null;
  if (prerelease && prerelease.length > MAX_PRERELEASE) return null;
  return { major, minor, patch, prerelease };
}

/** The text of a version: `1.2.0-rc.1`. */
export const formatSemVer = ({ major, minor, patch, prerelease }: SemVer): string =>
  `${major}.${minor}.${patch}${prerelease ? `-${prerelease}` : ''}`;
