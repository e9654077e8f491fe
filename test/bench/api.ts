import type { Endpoints } from '../../infra/local/endpoints.ts';
import { busyProject, versionId } from './seed.ts';

/** The API as a front end uses it, over HTTP with a token. */
export function openApi({ api, token }: Endpoints) {
  const authorization = `Bearer ${token}`;
  const list = async (query: string): Promise<{ nextCursor: string }> => {
    const response = await fetch(`${api}/projects/${busyProject}/versions?${query}`, { headers: { authorization } });
    if (!response.ok) throw new Error(`the list answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as { nextCursor: string };
  };
  const publish = (version: string): Promise<Response> =>
    fetch(`${api}/projects/${busyProject}/versions/${version}/publish`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: '{}',
    });
  let published = 1;
  return {
    list,
    cursorAfter: async (offset: number): Promise<string> => (await list(`limit=1&offset=${offset - 1}`)).nextCursor,
    /** Publishes a version that is not the published one, so that each call does the whole work. */
    publishNext: async (): Promise<void> => {
      published += 1;
      const response = await publish(versionId(published));
      if (!response.ok) throw new Error(`publish answered ${response.status}: ${await response.text()}`);
      await response.arrayBuffer();
    },
  };
}
