import { randomUUID } from 'node:crypto';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { ulid } from 'ulid';
import { Database } from '../../../functions/platform/database.ts';
import { parse } from '../../../functions/platform/parse.ts';
import { edit } from '../../../functions/versions/edit.ts';
import { listQuery, listVersions } from '../../../functions/versions/list.ts';
import { publish } from '../../../functions/versions/publish.ts';
import { recordEnd, recordStart } from '../../../functions/versions/record.ts';
import { type DataApi, startDataApi } from '../../../infra/local/data-api/server.ts';
import { generateBatch } from '../../support/generate.ts';
import type { Answer, Requests } from './requests.ts';
import type { Target } from './targets.ts';
import type { Written } from './written.ts';

const CLUSTER_ARN = 'arn:aws:rds:us-east-1:000000000000:cluster:bench';
const secretArn = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`;

export interface Logins {
  api: { username: string; password: string };
  worker: { username: string; password: string };
}

/** The new code's way to the database: a Data API endpoint, and the two logins. */
export class NewCode {
  readonly #api: Database;
  readonly #worker: Database;
  readonly #dataApi: DataApi;
  readonly #client: RDSDataClient;
  readonly #requests: Requests;
  readonly #written: Written;

  private constructor(dataApi: DataApi, database: string, requests: Requests, written: Written) {
    const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
    this.#client = new RDSDataClient({ endpoint: dataApi.url, region: 'us-east-1', credentials });
    const as = (name: keyof Logins) =>
      new Database({ clusterArn: CLUSTER_ARN, secretArn: secretArn(name), database, client: this.#client });
    this.#api = as('api');
    this.#worker = as('worker');
    this.#dataApi = dataApi;
    this.#requests = requests;
    this.#written = written;
  }

  static async connect(
    postgres: { host: string; port: number; database: string },
    logins: Logins,
    requests: Requests,
    written: Written,
  ): Promise<NewCode> {
    const dataApi = await startDataApi({
      postgres,
      clusters: [{ clusterArn: CLUSTER_ARN }],
      secrets: new Map(Object.entries(logins).map(([name, login]) => [secretArn(name), login])),
    });
    return new NewCode(dataApi, postgres.database, requests, written);
  }

  async list({ projectId, userId }: Target): Promise<void> {
    await this.#requests.time('new: list', () => listVersions(this.#api, projectId, userId, parse(listQuery, {})));
  }

  async edit(target: Target, name: string): Promise<void> {
    const answer = await this.#requests.time('new: edit', () => edit(this.#api, target, { name }));
    this.#note(answer, target.versionId, { name });
  }

  async publish(target: Target): Promise<void> {
    const began = performance.now();
    const answer = await this.#requests.time('new: publish', () => publish(this.#api, target, {}, null));
    const { projectId, versionId } = target;
    if (answer === 'done') this.#written.publication({ projectId, versionId, began, ended: performance.now() });
    else if (answer === 'failed') this.#written.uncertainProjects.add(projectId);
  }

  /** A build from its start to its end. @returns the version, when both were recorded */
  async build({ projectId, userId }: Target): Promise<Target | undefined> {
    const versionId = ulid();
    const born = { project_id: projectId, user_id: userId, prompt: `Build ${versionId}` };
    const start = await this.#requests.time('new: build start', () =>
      recordStart(this.#worker, projectId, versionId, { userId, prompt: born.prompt }),
    );
    this.#note(start, versionId, { born });
    if (start !== 'done') return undefined;
    const end = await this.#requests.time('new: build end', () =>
      recordEnd(this.#worker, projectId, versionId, {
        status: 'deployed',
        artifactUrl: 'https://artifacts.example.com/1',
      }),
    );
    this.#note(end, versionId, {});
    return end === 'done' ? { projectId, versionId, userId, status: 'deployed', described: false } : undefined;
  }

  /** Metadata of a batch of deployed versions that have none. */
  async generate(targets: Target[]): Promise<void> {
    const answer = await this.#requests.time('new: generate', async () => {
      const outcomes = await generateBatch(
        this.#worker,
        targets.map(({ versionId, projectId }) => ({
          id: randomUUID(),
          body: JSON.stringify({ type: 'generate-metadata', versionId, projectId }),
        })),
      );
      const failed = outcomes.find(({ kind }) => kind !== 'done');
      if (failed) throw new Error(`${failed.kind}: ${'reason' in failed ? failed.reason : ''}`);
    });
    for (const { versionId } of targets) this.#note(answer, versionId, { generated: true });
  }

  async end(): Promise<void> {
    this.#client.destroy();
    await this.#dataApi.close();
  }

  #note(answer: Answer, versionId: string, written: Parameters<Written['note']>[1]): void {
    if (answer === 'done') this.#written.note(versionId, written);
    else if (answer === 'failed') this.#written.note(versionId, { uncertain: true });
  }
}
