import type { LogEntry } from './versions.ts';

type Kind = 'major' | 'minor' | 'patch';
type SemVer = readonly [major: number, minor: number, patch: number];

interface ModelVersion {
  status: 'building' | 'deployed' | 'failed';
  artifact: boolean;
  deleted: boolean;
  name: string | null;
  type: Kind | 'rollback' | null;
  autoClassified: boolean | null;
  parentId: string | null;
  number: SemVer | null;
}

/** A project's history as its rules say, in memory: what the SQL functions must agree with. Answers an id, or a refusal. */
export class ModelProject {
  readonly log: LogEntry[] = [];
  readonly #versions = new Map<string, ModelVersion>();
  #published: string | null = null;

  get isEmpty(): boolean {
    return this.#versions.size === 0;
  }

  /** The version at a place, counted round and round; `none` while there is none. */
  pick(at: number): string {
    return [...this.#versions.keys()][at % this.#versions.size] ?? 'none';
  }

  build(id: string, how: 'building' | 'failed' | 'deployed' | 'bare'): void {
    const status = how === 'bare' ? 'deployed' : how;
    const unknown = { name: null, type: null, autoClassified: null, parentId: null, number: null };
    this.#versions.set(id, { ...unknown, status, artifact: how === 'deployed', deleted: false });
  }

  /** The metadata of a version arrives: its number, and of its kind what nobody has decided. */
  number(id: string, proposed: Kind): void {
    const version = this.#versions.get(id);
    if (version?.status !== 'deployed' || version.number) return;
    version.type ??= proposed;
    version.autoClassified ??= true;
    version.number = this.#next(version.type === 'rollback' ? 'patch' : version.type);
  }

  publish(id: string, expected?: string | null): string {
    const version = this.#versions.get(id);
    if (!version) return 'NotFound';
    if (this.#published === id) return id;
    const refusal = unusable(version);
    if (refusal) return refusal;
    if (expected !== undefined && expected !== this.#published) return 'published_elsewhere';
    this.log.push({ action: 'published', versionId: id, previousVersionId: this.#published });
    this.#published = id;
    return id;
  }

  unpublish(id: string): string {
    if (!this.#versions.has(id)) return 'NotFound';
    if (this.#published === null) return id;
    if (this.#published !== id) return 'published_elsewhere';
    this.log.push({ action: 'unpublished', versionId: id, previousVersionId: id });
    this.#published = null;
    return id;
  }

  /** `made`: the id the system has given the new version. */
  rollback(id: string, made: string): string {
    const target = this.#versions.get(id);
    if (!target) return 'NotFound';
    const refusal = unusable(target) ?? (this.#published === id ? 'published' : undefined);
    if (refusal) return refusal;
    this.#versions.set(made, {
      ...{ status: 'deployed', artifact: true, deleted: false, type: 'rollback', autoClassified: null, parentId: id },
      name: `Rollback to ${target.number?.join('.') ?? id}`,
      number: this.#next('patch'),
    });
    return made;
  }

  remove(id: string): string {
    const version = this.#versions.get(id);
    if (!version) return 'NotFound';
    if (this.#published === id) return 'published';
    version.deleted = true;
    return id;
  }

  restore(id: string): string {
    const version = this.#versions.get(id);
    if (!version) return 'NotFound';
    version.deleted = false;
    return id;
  }

  edit(id: string, name: string, type: Kind): string {
    const version = this.#versions.get(id);
    if (!version) return 'NotFound';
    if (version.deleted) return 'deleted';
    Object.assign(version, { name, type, autoClassified: false });
    return id;
  }

  /** Each version as far as the model knows it, in the API's words. */
  *items(): Generator<[id: string, item: object]> {
    for (const [id, version] of this.#versions) {
      const { status, name, type, autoClassified, parentId, number, deleted } = version;
      const isPublished = this.#published === id;
      const usable = !unusable(version);
      yield [
        id,
        {
          ...{ status, name, type, autoClassified, parentId, semver: number?.join('.') ?? null, isPublished },
          canPreview: usable,
          canPublish: usable && !isPublished,
          canRollback: usable && !isPublished,
          canUnpublish: isPublished,
          canDelete: !deleted && !isPublished,
        },
      ];
    }
  }

  #next(kind: Kind): SemVer {
    const numbers = [...this.#versions.values()].flatMap(({ number }) => (number ? [number] : []));
    const highest = numbers.sort(([a, b, c], [x, y, z]) => x - a || y - b || z - c)[0];
    if (!highest) return [1, 0, 0];
    const [major, minor, patch] = highest;
    if (kind === 'major') return [major + 1, 0, 0];
    return kind === 'minor' ? [major, minor + 1, 0] : [major, minor, patch + 1];
  }
}

function unusable({ deleted, status, artifact }: ModelVersion): string | undefined {
  if (deleted) return 'deleted';
  if (status !== 'deployed') return 'not_deployed';
  return artifact ? undefined : 'artifact_missing';
}
