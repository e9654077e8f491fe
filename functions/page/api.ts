import { userClient, type Version, type VersionsClient } from '../api-client/client.ts';
import type { components } from '../api-client/paths.ts';
import type { Filters } from './address.ts';
import { Refused } from './refused.ts';

export type { Version };
export type VersionPage = components['schemas']['VersionPage'];
export type VersionDetails = components['schemas']['VersionDetails'];
export type Publication = components['schemas']['Publication'];
/** What a person may write about a version. */
export type Edit = { name?: string; description?: string; type?: 'major' | 'minor' | 'patch' };

interface Call<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** @throws Refused */
async function answered<Data>(call: Promise<Call<Data>>): Promise<{ data: Data; response: Response }> {
  const { data, error, response } = await call.catch(() => {
    throw new Refused(0, 'The service could not be reached.');
  });
  if (data !== undefined) return { data, response };
  const problem = (typeof error === 'object' ? error : null) as {
    detail?: string;
    reason?: string;
    errors?: { field: string; message: string }[];
  } | null;
  const fields = problem?.errors?.map(({ field, message }) => `${field} ${message}`).join('; ');
  throw new Refused(response.status, fields ?? problem?.detail ?? '', problem?.reason);
}

const queryOf = ({ publication, type, status, text, checkpoints, deleted }: Filters) => ({
  ...(publication !== 'all' && { state: publication }),
  ...(type && { type }),
  ...(status && { status }),
  ...(text && { q: text }),
  ...(checkpoints && { includeCheckpoints: true }),
  ...(deleted && { showDeleted: true }),
});

/** One project's history, as the API answers it to its user. Every method throws Refused. */
export class ProjectApi {
  readonly #client: VersionsClient;
  readonly #path: { projectId: string };

  constructor(api: string, accessToken: string, projectId: string) {
    this.#client = userClient(api, accessToken);
    this.#path = { projectId };
  }

  /** A page of the history. `etag`: of the answer the caller has; when that is still right there is no page. */
  async page(
    filters: Filters,
    { limit, cursor, etag }: { limit: number; cursor?: string | undefined; etag?: string | undefined },
  ): Promise<{ page: VersionPage | undefined; etag: string | undefined }> {
    const call = await this.#client
      .GET('/projects/{projectId}/versions', {
        params: {
          path: this.#path,
          query: { ...queryOf(filters), limit, ...(cursor !== undefined && { cursor }) },
          ...(etag !== undefined && { header: { 'if-none-match': etag } }),
        },
      })
      .catch(() => {
        throw new Refused(0, 'The service could not be reached.');
      });
    if (call.response.status === 304) return { page: undefined, etag };
    const { data, response } = await answered(Promise.resolve(call));
    return { page: data, etag: response.headers.get('etag') ?? undefined };
  }

  async publication(): Promise<Publication> {
    return (await answered(this.#client.GET('/projects/{projectId}/publication', { params: { path: this.#path } })))
      .data;
  }

  async version(versionId: string): Promise<VersionDetails> {
    const params = { path: { ...this.#path, versionId } };
    return (await answered(this.#client.GET('/projects/{projectId}/versions/{versionId}', { params }))).data;
  }

  /** `expected`: the version the user takes for published. A key stands for one decision: sent again it changes nothing more. */
  async publish(versionId: string, comment: string, expected: string | null, key: string): Promise<Version> {
    const body = { ...(comment && { comment }), expectedPublishedVersionId: expected };
    const params = this.#once(versionId, key);
    return (await answered(this.#client.POST('/projects/{projectId}/versions/{versionId}/publish', { params, body })))
      .data;
  }

  async unpublish(versionId: string, comment: string, key: string): Promise<Version> {
    const params = { path: this.#path, header: { 'idempotency-key': key } };
    const body = { versionId, ...(comment && { comment }) };
    return (await answered(this.#client.POST('/projects/{projectId}/unpublish', { params, body }))).data;
  }

  /** @returns the new version */
  async rollBack(versionId: string, comment: string, key: string): Promise<Version> {
    const params = this.#once(versionId, key);
    const body = comment ? { comment } : {};
    return (await answered(this.#client.POST('/projects/{projectId}/versions/{versionId}/rollback', { params, body })))
      .data;
  }

  async edit(versionId: string, body: Edit): Promise<Version> {
    const params = { path: { ...this.#path, versionId } };
    return (await answered(this.#client.PATCH('/projects/{projectId}/versions/{versionId}/metadata', { params, body })))
      .data;
  }

  async remove(versionId: string): Promise<Version> {
    const params = { path: { ...this.#path, versionId } };
    return (await answered(this.#client.DELETE('/projects/{projectId}/versions/{versionId}', { params }))).data;
  }

  async restore(versionId: string, key: string): Promise<Version> {
    const params = this.#once(versionId, key);
    return (
      await answered(this.#client.POST('/projects/{projectId}/versions/{versionId}/restore', { params, body: {} }))
    ).data;
  }

  #once(versionId: string, key: string) {
    return { path: { ...this.#path, versionId }, header: { 'idempotency-key': key } };
  }
}
