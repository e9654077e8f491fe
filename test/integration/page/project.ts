import pg from 'pg';
import { ulid } from 'ulid';
import { answered, userClient } from '../../../functions/api-client/client.ts';
import { signedFetch } from '../../../infra/local/signed-fetch.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';

/** A project as its pipeline and its owner see it, beside the page. */
export class Project {
  readonly #stack: LocalStack;
  readonly name: string;
  readonly owner: string;

  constructor(stack: LocalStack, name: string, owner = 'ada') {
    this.#stack = stack;
    this.name = name;
    this.owner = owner;
  }

  /** A build starts. @returns the version's id */
  async start(prompt: string): Promise<string> {
    const versionId = ulid();
    await this.#pipeline('POST', 'versions', { versionId, userId: this.owner, prompt });
    return versionId;
  }

  /** It ends. `name` and `type` are what its finished document says; without them rules have to find out. */
  end(id: string, { name, type = 'minor' }: { name?: string; type?: 'major' | 'minor' | 'patch' } = {}): Promise<void> {
    return this.#pipeline('PATCH', `versions/${id}`, {
      status: 'deployed',
      artifactUrl: `https://artifacts.example.com/${id}.tgz`,
      previewUrl: `https://${id.toLowerCase()}.example.com`,
      installDurationMs: 4_000,
      buildDurationMs: 21_500,
      deployDurationMs: 1_200,
      changes: { filesChanged: 3, linesAdded: 120, linesRemoved: 4, commits: [name ?? 'Add a search page'] },
      ...(name && { recommendations: document(name, type) }),
    });
  }

  fail(id: string): Promise<void> {
    return this.#pipeline('PATCH', `versions/${id}`, { status: 'failed' });
  }

  /** A version as the pipeline makes one, described and numbered. */
  async deploy(name: string, type: 'major' | 'minor' | 'patch' = 'minor'): Promise<string> {
    const id = await this.start(name);
    await this.end(id, { name, type });
    for (;;) {
      if ((await this.version(id)).metadataStatus === 'ready') return id;
      await new Promise((settle) => setTimeout(settle, 20));
    }
  }

  async version(id: string) {
    const path = { projectId: this.name, versionId: id };
    return answered((await this.#user()).GET('/projects/{projectId}/versions/{versionId}', { params: { path } }));
  }

  /** The owner publishes it, in another window. */
  async publish(id: string, comment?: string) {
    const path = { projectId: this.name, versionId: id };
    const body = comment === undefined ? {} : { comment };
    return answered(
      (await this.#user()).POST('/projects/{projectId}/versions/{versionId}/publish', { params: { path }, body }),
    );
  }

  /** What has been published and unpublished, newest first. */
  async log() {
    const path = { projectId: this.name };
    const page = await answered((await this.#user()).GET('/projects/{projectId}/publications', { params: { path } }));
    return page.publications;
  }

  async published() {
    const path = { projectId: this.name };
    return answered((await this.#user()).GET('/projects/{projectId}/publication', { params: { path } }));
  }

  /** So many versions, one a minute, without a pipeline to wait for. */
  async fill(count: number): Promise<void> {
    await this.#sql(
      `insert into project_versions (project_id, version_id, user_id, prompt, status, created_at, deployed_at, change_type, version_name,
                                     version_description, major_version, minor_version, patch_version, metadata_status, artifact_url,
                                     breaking_risk, files_changed, lines_added, lines_removed)
       select $1, '01J' || lpad(i::text, 23, '0'), $2, 'prompt', 'deployed', now() - ($3 - i) * interval '1 minute',
              now() - ($3 - i) * interval '1 minute' + (10 + i * 7 % 90) * interval '1 second',
              (array['minor', 'patch', 'minor', 'major'])[1 + i % 4], 'Version number ' || i, 'What changed in ' || i, 1, i, 0, 'ready',
              's3://artifacts/' || i, 'low', i % 9, i * 13 % 400, i * 7 % 90
         from generate_series(1, $3::integer) i`,
      [this.name, this.owner, count],
    );
  }

  /** Its metadata cannot be generated, as after the last attempt. */
  giveUp(id: string, reason: string): Promise<void> {
    return this.#sql(
      `update project_versions set metadata_status = 'failed', metadata_error = $3 where project_id = $1 and version_id = $2`,
      [this.name, id, reason],
    );
  }

  async #sql(statement: string, values: unknown[]): Promise<void> {
    const { postgres, endpoints } = this.#stack;
    const client = new pg.Client(postgres.url(postgres.superuser, postgres.password, endpoints.database));
    await client.connect();
    await client.query(statement, values);
    await client.end();
  }

  async #user() {
    return userClient(this.#stack.endpoints.api, await this.#stack.mintToken({ subject: this.owner }));
  }

  async #pipeline(method: string, path: string, body: object): Promise<void> {
    const response = await signedFetch(
      method,
      `${this.#stack.endpoints.api}/pipeline/projects/${this.name}/${path}`,
      body,
    );
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  }
}

const document = (name: string, type: string) => ({
  schemaVersion: 1,
  recommendations: [],
  project_info: {
    type: 'web',
    framework: 'react',
    version: '1.0.0',
    version_description: name,
    change_type: type,
    breaking_risk: { major: 'high', minor: 'low', patch: 'none' }[type],
  },
});
