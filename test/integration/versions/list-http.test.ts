import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack } from '../../support/local-stack.ts';

let running: Awaited<ReturnType<typeof startTestStack>>;
let token: string;
beforeAll(async () => {
  running = await startTestStack();
  token = await running.stack.mintToken({ subject: 'ada' });
  const { postgres, endpoints } = running.stack;
  const client = new pg.Client(postgres.url(postgres.superuser, postgres.password, endpoints.database));
  await client.connect();
  await client.query(
    `insert into project_versions (project_id, user_id, prompt, version_id, status, created_at)
     select 'a shop+käse', 'ada', 'p', 'v' || i, 'deployed', '2026-01-01'::timestamptz + i * interval '1 second' from generate_series(1, 5) i`,
  );
  await client.end();
});
afterAll(() => running?.close());

const get = (address: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL(address, running.stack.endpoints.api), {
    headers: { authorization: `Bearer ${token}`, ...headers },
  });

const history = `/projects/${encodeURIComponent('a shop+käse')}/versions`;

test('Link leads from page to page with the same query, to the last one, which has none', async () => {
  const seen: string[] = [];
  let next: string | undefined = `${history}?limit=2&status=deployed&offset=0`;
  while (next) {
    const response: Response = await get(next);
    expect(response.status).toBe(200);
    const { versions } = (await response.json()) as { versions: { id: string }[] };
    seen.push(...versions.map(({ id }) => id));
    next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    if (next) expect(next).toContain('limit=2&status=deployed&cursor=');
  }
  expect(seen).toEqual(['v5', 'v4', 'v3', 'v2', 'v1']);
});

test('who has the page already gets 304 until the history changes', async () => {
  const first = await get(`${history}?limit=1`);
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^W\/"/);
  const again = await get(`${history}?limit=1`, { 'if-none-match': etag });
  expect(again.status).toBe(304);
  expect(await again.text()).toBe('');
  expect(again.headers.get('etag')).toBe(etag);

  const removed = await fetch(new URL(`${history}/v5`, running.stack.endpoints.api), {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  });
  expect(removed.ok).toBe(true);
  const changed = await get(`${history}?limit=1`, { 'if-none-match': etag });
  expect(changed.status).toBe(200);
  expect(changed.headers.get('etag')).not.toBe(etag);
});

test('a wrong filter is a problem that names it', async () => {
  const response = await get(`${history}?type=huge&since=yesterday`);
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const { errors } = (await response.json()) as { errors: { field: string }[] };
  expect(errors.map(({ field }) => field)).toEqual(['type', 'since']);
});
