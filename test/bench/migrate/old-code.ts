import pg from 'pg';
import { ulid } from 'ulid';
import type { Requests } from './requests.ts';
import type { Target } from './targets.ts';
import type { Written } from './written.ts';

/** How the old code names its connections. */
const OLD_CODE = 'old code';

const HISTORY = `from project_versions_metadata pvm
  join project_versions pv on pv.version_id = pvm.version_id
 where pvm.project_id = $1 and pvm.change_type in ('minor', 'major')`;

/** What the old system asks of the two tables, straight from PostgreSQL, one request at a time. */
export class OldCode {
  readonly #connection: pg.Client;
  readonly #requests: Requests;
  readonly #written: Written;
  #builds = 0;

  private constructor(connection: pg.Client, requests: Requests, written: Written) {
    this.#connection = connection;
    this.#requests = requests;
    this.#written = written;
  }

  static async connect(url: string, requests: Requests, written: Written): Promise<OldCode> {
    const connection = new pg.Client({ connectionString: url, application_name: OLD_CODE });
    await connection.connect();
    return new OldCode(connection, requests, written);
  }

  /** A page of a project's history, and how long the history is. */
  async list({ projectId }: Target): Promise<void> {
    await this.#requests.time('old: list', async () => {
      await this.#connection.query(
        `select pv.version_id, pv.status, pv.created_at, pv.preview_url, pvm.major_version, pvm.minor_version, pvm.patch_version, pvm.version_name,
                pvm.version_description, pvm.change_type, pvm.is_published ${HISTORY} order by pv.created_at desc limit 20`,
        [projectId],
      );
      await this.#connection.query(`select count(*) ${HISTORY}`, [projectId]);
    });
  }

  /** A person's words. */
  async describe({ versionId }: Target, name: string): Promise<void> {
    const answer = await this.#time(
      'old: edit metadata',
      `update project_versions_metadata set version_name = $2, auto_classified = false where version_id = $1`,
      [versionId, name],
    );
    this.#note(answer, versionId, { name });
  }

  /** A new preview, and its name with it, in one transaction. */
  async renew({ versionId, described }: Target, preview: string): Promise<void> {
    const answer = await this.#requests.time('old: update version', () =>
      this.#transaction(async () => {
        await this.#connection.query(
          `update project_versions set preview_url = $2, updated_at = now() where version_id = $1`,
          [versionId, preview],
        );
        if (described)
          await this.#connection.query(
            `update project_versions_metadata set version_name = $2, auto_classified = false where version_id = $1`,
            [versionId, preview],
          );
      }),
    );
    this.#note(answer, versionId, described ? { preview, name: preview } : { preview });
  }

  /** Unpublishes what is published, then publishes, in one transaction. */
  async publish({ projectId, versionId, userId }: Target): Promise<void> {
    const began = performance.now();
    const answer = await this.#requests.time('old: publish', () =>
      this.#transaction(async () => {
        await this.#connection.query(
          `update project_versions_metadata set is_published = false where project_id = $1 and is_published and version_id <> $2`,
          [projectId, versionId],
        );
        await this.#connection.query(
          `update project_versions_metadata set is_published = true, published_at = clock_timestamp(), published_by_user_id = $2 where version_id = $1`,
          [versionId, userId],
        );
      }),
    );
    if (answer === 'done') this.#written.publication({ projectId, versionId, began, ended: performance.now() });
    else this.#written.uncertainProjects.add(projectId);
  }

  /** A version whose metadata comes later, after `meanwhile`; or before it. */
  async build({ projectId, userId }: Target, metadataFirst: boolean, meanwhile: () => Promise<void>): Promise<void> {
    const versionId = ulid();
    const name = `Build ${versionId}`;
    const number = ['7', String(this.#builds++), '0'];
    const insertVersion = () =>
      this.#time(
        'old: insert version',
        `insert into project_versions (user_id, project_id, version_id, prompt, status) values ($1, $2, $3, $4, 'building')`,
        [userId, projectId, versionId, name],
      );
    const insertMetadata = () =>
      this.#time(
        'old: insert metadata',
        `insert into project_versions_metadata (version_id, project_id, user_id, major_version, minor_version, patch_version, version_name, change_type)
         values ($1, $2, $3, $4, $5, $6, $7, 'minor')`,
        [versionId, projectId, userId, ...number, name],
      );
    const first = await (metadataFirst ? insertMetadata() : insertVersion());
    await meanwhile();
    const second = await (metadataFirst ? insertVersion() : insertMetadata());
    const third = await this.#time(
      'old: update version',
      `update project_versions set status = 'deployed', artifact_url = 's3://artifacts', version_metadata_id = $1, updated_at = now() where version_id = $1`,
      [versionId],
    );
    const answer = [first, second, third].every((each) => each === 'done') ? 'done' : 'failed';
    const born = { project_id: projectId, user_id: userId, prompt: name };
    this.#note(answer, versionId, { born, name, number: number.join('.') });
  }

  end(): Promise<void> {
    return this.#connection.end();
  }

  #time(kind: string, statement: string, values: unknown[]) {
    return this.#requests.time(kind, () => this.#connection.query(statement, values));
  }

  #note(answer: string, versionId: string, written: Parameters<Written['note']>[1]): void {
    this.#written.note(versionId, answer === 'done' ? written : { uncertain: true });
  }

  async #transaction(work: () => Promise<void>): Promise<void> {
    await this.#connection.query('begin');
    try {
      await work();
      await this.#connection.query('commit');
    } catch (error) {
      await this.#connection.query('rollback');
      throw error;
    }
  }
}
