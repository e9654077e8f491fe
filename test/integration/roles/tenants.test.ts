import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MigratedDatabase, migratedDatabase } from '../../support/migrated-database.ts';

let system: MigratedDatabase;
let api: Client;
beforeAll(async () => {
  system = await migratedDatabase();
  api = await system.connect('api');
  await system.owner.query(ADAS_PROJECT);
});
afterAll(async () => {
  await api.end();
  await system.close();
});

const ADAS_PROJECT = `
  insert into project_versions (project_id, version_id, user_id, prompt, status, artifact_url, is_published, published_at, soft_deleted_at,
                                change_type, major_version, minor_version, patch_version)
  values ('shop', 'old', 'ada', 'words', 'deployed', 'https://a', false, null, null, 'minor', 1, 0, 0),
         ('shop', 'live', 'ada', 'words', 'deployed', 'https://b', true, now(), null, 'rollback', 1, 1, 0),
         ('shop', 'gone', 'ada', 'words', 'deployed', 'https://c', false, null, now(), 'minor', 1, 2, 0);
  insert into version_history.recommendations (version_id, project_id, user_id, document)
  values ('old', 'shop', 'ada', '{"recommendations": [{"id": 1, "prompt": "words"}]}');
  insert into version_history.publications (project_id, user_id, action, version_id, previous_version_id, at)
  values ('shop', 'ada', 'published', 'live', 'old', now());
  insert into version_history.idempotency_keys (caller, route, key, request_hash, answer, created_at)
  values ('ada', 'r', 'k', 'h', '{"outcome": "words"}', now())`;

const TABLES = [
  'project_versions',
  'version_history.recommendations',
  'version_history.publications',
  'version_history.idempotency_keys',
] as const;
const owners = { 'version_history.idempotency_keys': 'caller' } as Record<string, string>;
const columns = { project_versions: 'version_id' } as Record<string, string>;

/** What the api sees of a table's rows as a user; with null as nobody. */
async function seen(table: string, user: string | null): Promise<number> {
  await api.query('begin');
  try {
    if (user !== null) await api.query(`select set_config('app.user_id', $1, true)`, [user]);
    return (await api.query(`select ${columns[table] ?? '*'} from ${table}`)).rows.length;
  } finally {
    await api.query('rollback');
  }
}

describe.each(TABLES)('%s', (table) => {
  test('shows the api rows of the user it speaks for, and none when it speaks for nobody', async () => {
    expect(await seen(table, 'ada')).toBe(table === 'project_versions' ? 3 : 1);
    expect(await seen(table, 'mallory')).toBe(0);
    expect(await seen(table, null)).toBe(0);
    // The setting was there in an earlier transaction of this session: it is '' now, and not null.
    expect(await seen(table, '')).toBe(0);
  });

  test('is the same whatever permissive policy somebody adds', async () => {
    await system.owner.query(`create policy opened on ${table} using (true)`);
    expect(await seen(table, 'mallory')).toBe(0);
    await system.owner.query(`drop policy opened on ${table}`);
  });

  test('is enabled and not forced: its owner migrates', async () => {
    const { rows } = await system.owner.query(
      `select relrowsecurity as enabled, relforcerowsecurity as forced from pg_class where oid = $1::regclass`,
      [table],
    );
    expect(rows).toEqual([{ enabled: true, forced: false }]);
    expect(
      (await system.owner.query(`select from ${table} where ${owners[table] ?? 'user_id'} = 'ada'`)).rowCount,
    ).not.toBe(0);
  });
});

describe('writes', () => {
  const as = async (user: string, statement: string) => {
    await api.query('begin');
    try {
      await api.query(`select set_config('app.user_id', $1, true)`, [user]);
      return await api.query(statement);
    } finally {
      await api.query('rollback');
    }
  };

  test('reach no row of another user', async () => {
    const update = `update project_versions set is_published = false where version_id = 'live'`;
    expect((await as('ada', update)).rowCount).toBe(1);
    expect((await as('mallory', update)).rowCount).toBe(0);
  });

  test('make no row of another user', async () => {
    const insert = (user: string) =>
      `insert into project_versions (project_id, version_id, user_id, prompt, status) values ('shop', 'new', '${user}', '', 'deployed')`;
    expect((await as('mallory', insert('mallory'))).rowCount).toBe(1);
    await expect(as('mallory', insert('ada'))).rejects.toThrow('row-level security');
    await expect(
      as(
        'mallory',
        `insert into version_history.publications (project_id, user_id, action, version_id, at) values ('shop', 'ada', 'published', 'old', now())`,
      ),
    ).rejects.toThrow('row-level security');
    await expect(
      as(
        'mallory',
        `insert into version_history.idempotency_keys (caller, route, key, request_hash, answer, created_at) values ('ada', 'r', 'x', 'h', '{}', now())`,
      ),
    ).rejects.toThrow('row-level security');
  });
});

test('the worker sees and keeps the pipeline’s idempotency keys, and no user’s', async () => {
  const worker = await system.connect('worker');
  const keep = (route: string) =>
    worker.query(
      `insert into version_history.idempotency_keys (caller, route, key, request_hash, answer, created_at) values ('ada', $1, 'w', 'h', '{}', now())`,
      [route],
    );
  try {
    await keep('POST /pipeline/projects/{projectId}/versions');
    await expect(keep('POST /projects/{projectId}/unpublish')).rejects.toThrow('row-level security');
    const { rows } = await worker.query<{ route: string }>('select route from version_history.idempotency_keys');
    expect(rows.map(({ route }) => route)).toEqual(['POST /pipeline/projects/{projectId}/versions']);
  } finally {
    await worker.end();
  }
});

/** Every function a user's request reaches first, called by mallory about what is ada's, with whatever arguments it has. */
async function probes(): Promise<{ name: string; call: string }[]> {
  const { rows } = await system.owner.query<{ name: string; arguments: string[] }>(`
    select p.proname as name, p.proargnames as arguments
      from pg_proc p
     where p.pronamespace = 'version_history'::regnamespace
       and p.proargnames @> '{p_project,p_user}'
       and p.provolatile <> 'i'
       and has_function_privilege('project_versions_api', p.oid, 'execute')
     order by 1`);
  return rows.flatMap(({ name, arguments: names }) =>
    ['old', 'live', 'gone'].map((version) => {
      const given: Record<string, string> = { ...ARGUMENTS, p_version: `'${version}'` };
      const values = names.filter((each) => each.startsWith('p_')).map((each) => `${each} => ${given[each] ?? 'null'}`);
      return { name, call: `select version_history.${name}(${values.join(', ')})::text as answer` };
    }),
  );
}

const ARGUMENTS = {
  p_project: `'shop'`,
  p_user: `'mallory'`,
  p_new: `'new'`,
  p_limit: '10',
  p_offset: '0',
  p_after_at: `'infinity'`,
  p_after_id: `''`,
  p_change: `'{}'`,
  p_once: `'{"route": "r", "key": "k", "hash": "h"}'`,
  p_checkpoints: 'true',
  p_deleted: 'true',
  p_total: 'true',
  p_prompts: 'true',
};

/** What the probes answer; nothing stays of what they do. */
async function answers(client: Client): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { call } of await probes()) {
    await client.query('begin');
    const answer = await client.query(call).then(
      ({ rows }) => JSON.stringify(rows),
      (error: Error) => error.message,
    );
    // Moments differ from call to call.
    found[call] = answer.replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+[^"\\]*/g, 'then');
    await client.query('rollback');
  }
  return found;
}

const PREDICATE = /\b\w+\.(?:user_id|caller) = p_(?:user|caller)\b/g;

/** The functions that run as the api and ask whose a row is. */
async function guarded(): Promise<{ name: string; definition: string; places: number[] }[]> {
  const { rows } = await system.owner.query<{ name: string; definition: string }>(`
    select p.proname as name, pg_get_functiondef(p.oid) as definition
      from pg_proc p
     where p.pronamespace = 'version_history'::regnamespace and has_function_privilege('project_versions_api', p.oid, 'execute')
     order by 1`);
  return rows
    .map((each) => ({ ...each, places: [...each.definition.matchAll(PREDICATE)].map(({ index }) => index) }))
    .filter(({ places }) => places.length > 0);
}

const without = (definition: string, place: number): string =>
  definition.slice(0, place) + definition.slice(place).replace(PREDICATE, (text, at) => (at === 0 ? 'true' : text));

describe('row-level security holds', () => {
  test('with any one of the tenant predicates gone', async () => {
    const functions = await guarded();
    expect(functions.flatMap(({ places }) => places).length).toBeGreaterThan(15);
    const before = await answers(api);
    for (const answer of Object.values(before)) expect(answer).not.toMatch(/words|https:|"ada"/);
    for (const { name, definition, places } of functions) {
      for (const place of places) {
        expect(without(definition, place)).not.toBe(definition);
        await system.owner.query(without(definition, place));
        expect(await answers(api), `${name} without its predicate at ${place}`).toEqual(before);
      }
      await system.owner.query(definition);
    }
  });

  test('with all of them gone; to the owner, whom it does not bind, every function then tells what is ada’s', async () => {
    const before = await answers(api);
    const functions = await guarded();
    for (const { definition } of functions) await system.owner.query(definition.replaceAll(PREDICATE, 'true'));
    expect(await answers(api)).toEqual(before);
    const unbound = Object.entries(await answers(system.owner));
    const told = new Set(unbound.filter(([call, answer]) => answer !== before[call]).map(([call]) => nameIn(call)));
    expect([...told].sort()).toEqual([...new Set(unbound.map(([call]) => nameIn(call)))].sort());
    for (const { definition } of functions) await system.owner.query(definition);
  });
});

const nameIn = (call: string): string => /version_history\.(\w+)\(/.exec(call)?.[1] ?? '';
