/** What a version has to be in the end, by the writes that were acknowledged. What is left out was not written. */
export interface Expected {
  version_id: string;
  /** It did not exist before. */
  born?: { project_id: string; user_id: string; prompt: string };
  /** The number a build of the old code gave it. */
  number?: string;
  name?: string;
  preview?: string;
  published?: boolean;
  generated?: boolean;
  /** A write failed: nobody can say. */
  uncertain?: boolean;
}

/** A publication that was acknowledged; moments are milliseconds of one clock. */
export interface Publication {
  projectId: string;
  versionId: string;
  began: number;
  ended: number;
}

/** What the writers of a run were told is written. */
export class Written {
  readonly versions = new Map<string, Expected>();
  readonly publications: Publication[] = [];
  /** A publication failed: nobody can say which version of these projects is published. */
  readonly uncertainProjects = new Set<string>();

  /** Takes note of a write of a version, the last one of each kind counts. */
  note(versionId: string, written: Omit<Expected, 'version_id'>): void {
    this.versions.set(versionId, { ...(this.versions.get(versionId) ?? { version_id: versionId }), ...written });
  }

  publication(publication: Publication): void {
    this.note(publication.versionId, { published: true });
    this.publications.push(publication);
  }
}

/**
 * Which versions of each project may be the published one: those whose publication no other one followed. Where two overlapped, either may have been the last.
 */
export function lastPublished(publications: Publication[]): { project_id: string; version_ids: string[] }[] {
  const byProject = Map.groupBy(publications, ({ projectId }) => projectId);
  return [...byProject].map(([project_id, of]) => {
    const lastBegan = of.reduce((last, { began }) => Math.max(last, began), 0);
    return { project_id, version_ids: of.filter(({ ended }) => ended >= lastBegan).map(({ versionId }) => versionId) };
  });
}
