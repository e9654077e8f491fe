import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './paths.ts';

/** A version as the API answers it. */
export type Version = components['schemas']['Version'];

/** Calls the API: every path, parameter, body and answer has its type from openapi.json. */
export type VersionsClient = Client<paths>;

/** The client of a front end, or of anyone else with a user's token. */
export const userClient = (api: string, token: string): VersionsClient =>
  createClient<paths>({ baseUrl: api, headers: { authorization: `Bearer ${token}` } });

/** The client of a deploy pipeline or a back end: `fetch` signs each request with AWS Signature Version 4 and sends it. */
export const signedClient = (api: string, fetch: (request: Request) => Promise<Response>): VersionsClient =>
  createClient<paths>({ baseUrl: api, fetch });

/** The API answered an error. The message holds where, the status and the problem document. */
class RequestFailed extends Error {
  override name = 'RequestFailed';
}

/** What a call answered. @throws RequestFailed when that is an error */
export async function answered<Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await call;
  if (data !== undefined) return data;
  throw new RequestFailed(`${new URL(response.url).pathname} answered ${response.status}: ${JSON.stringify(error)}`);
}
