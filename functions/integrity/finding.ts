/** What may be found, and what to do about it: for the log, the command and the metrics alike. */
export const KINDS = {
  several_published: {
    metric: 'IntegritySeveralPublished',
    means: 'more than one version of a project is published',
    next: 'ask the owner which one is live and take is_published from the others, as the owner of the tables; the unique index project_versions_one_published was missing or is broken: build it again',
  },
  equal_numbers: {
    metric: 'IntegrityEqualNumbers',
    means: 'versions of a project have one number',
    next: 'something wrote numbers past the project’s lock (old code, or a hand): stop it, and give the later version the next free number',
  },
  several_owners: {
    metric: 'IntegritySeveralOwners',
    means: 'versions of a project belong to several users',
    next: 'see who wrote user_id: this system never does for a project that has an owner; each of them sees only their own versions',
  },
  waiting_for_metadata: {
    metric: 'IntegrityWaitingForMetadata',
    means: 'a version was deployed more than a day ago and still waits for its metadata',
    next: 'npm run queue, npm run dead-letters, and the log of SweepMetadata: the sweep queues it again, or gives it up, within the hour when it runs',
  },
  contradictory_version: {
    metric: 'IntegrityContradictoryVersions',
    means: 'what a version’s row says of its state contradicts itself',
    next: 'see who wrote it last (updated_at, the log of that minute); sending the report of its build again mends metadata that is not ready',
  },
  log_and_state: {
    metric: 'IntegrityLogAndState',
    means: 'the log of publications does not lead to what is published',
    next: 'compare GET /publications with GET /publication; publishing or unpublishing through the API writes both, and the two agree from then on',
  },
  orphaned_recommendations: {
    metric: 'IntegrityOrphanedRecommendations',
    means: 'recommendations belong to no version, or name another project or user than theirs',
    next: 'the foreign key of version_history.recommendations was missing: keep the document, delete the row, and make the key again as in migrations/schema.sql',
  },
  schema: {
    metric: 'IntegritySchema',
    means: 'the database is not as the migrations make it',
    next: 'make it as migrations/schema.sql shows; for an index: drop index concurrently, then build it as there',
  },
} as const;

export type Kind = keyof typeof KINDS;

/** One thing that is wrong. Ids and names alone; never a user's text, nor SQL. */
export interface Finding {
  kind: Kind;
  projectId?: string;
  /** At most five, the oldest first. */
  versionIds?: string[];
  /** Of the schema: as in migrations/schema.sql. */
  object?: string;
  detail: string;
}

/** The first so many of a kind are listed, the others counted. */
const MOST_OF_A_KIND = 100;

/** What was found, bounded, and counted whole. */
export class Findings {
  readonly counts: Record<Kind, number> = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, 0])) as Record<
    Kind,
    number
  >;
  readonly listed: Finding[] = [];

  /** Adds what was found of a kind; `count` of which `findings` are the first. */
  add(kind: Kind, findings: Finding[], count = findings.length): void {
    const room = MOST_OF_A_KIND - Math.min(this.counts[kind], MOST_OF_A_KIND);
    this.counts[kind] += count;
    this.listed.push(...findings.slice(0, room));
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }
}
