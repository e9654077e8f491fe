import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileMigrations } from '../../../infra/build/compile-migrations.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'project-versions-test-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function lint(sql: string): Promise<void> {
  await writeFile(join(dir, '000_test.sql'), sql);
  await compileMigrations(dir);
}

const VERSIONS = 'public.project_versions';

describe('refused, with what to write instead', () => {
  test.each([
    [`create index i on ${VERSIONS} (user_id)`, 'create index concurrently if not exists'],
    [`drop index public.i`, 'drop index concurrently if exists'],
    [`alter table ${VERSIONS} alter column user_id type bigint`, 'add a column of the new type, carry user_id over'],
    [
      `alter table ${VERSIONS} add column seen uuid default gen_random_uuid()`,
      'add seen without it, fill it in batches',
    ],
    [`alter table ${VERSIONS} add column at timestamptz default (clock_timestamp() + '1 day')`, 'fill it in batches'],
    [`alter table ${VERSIONS} add column n bigserial`, 'each row gets a value of its own'],
    [`alter table ${VERSIONS} add column n bigint generated always as identity`, 'each row gets a value of its own'],
    [`alter table ${VERSIONS} add column n int generated always as (1) stored`, 'each row gets a value of its own'],
    [`alter table ${VERSIONS} add column seen boolean not null`, 'give seen a constant default'],
    [`alter table ${VERSIONS} add column p text references public.other (id)`, 'not valid'],
    [`alter table ${VERSIONS} add column p text unique`, 'build a unique one concurrently'],
    [`alter table ${VERSIONS} drop column prompt`, 'still read prompt'],
    [`alter table ${VERSIONS} drop column prompt cascade`, 'cascade drops what nobody has named'],
    [`alter table ${VERSIONS} drop constraint c cascade`, 'cascade drops what nobody has named'],
    [`alter table ${VERSIONS} alter column user_id set not null`, 'check (user_id is not null) not valid'],
    [`alter table ${VERSIONS} add constraint c check (user_id <> '')`, 'add it `not valid`'],
    [`alter table ${VERSIONS} add constraint f foreign key (user_id) references public.u (id)`, 'add it `not valid`'],
    [`alter table ${VERSIONS} add constraint u unique (user_id)`, 'add constraint ... using index'],
    [`alter table ${VERSIONS} add primary key (version_id)`, 'add constraint ... using index'],
    [`alter table ${VERSIONS} set logged`, 'rewritten'],
    [`alter table ${VERSIONS} add column kind text check (kind <> '')`, 'add it `not valid`'],
    [`merge into ${VERSIONS} v using public.t on true when matched then delete`, 'with :after and :batch'],
    [`with gone as (delete from ${VERSIONS} returning 1) select * from gone`, 'with :after and :batch'],
    [
      `alter table ${VERSIONS} add constraint c check (true) not valid; alter table ${VERSIONS} validate constraint c`,
      'put `-- migrate: long` before this',
    ],
    [`alter table ${VERSIONS} rename column prompt to words`, 'old name of this column'],
    [`alter table ${VERSIONS} rename to versions`, 'old name of this table'],
    [`drop table ${VERSIONS}`, 'may still use project_versions'],
    [`drop function version_history.list_versions(text)`, 'may still use list_versions'],
    [`drop view version_history.versions`, 'may still use versions'],
    [`create table public.t (a int); drop table public.t cascade`, 'cascade drops what nobody has named'],
    [`truncate ${VERSIONS}`, 'delete in batches'],
    [`update ${VERSIONS} set prompt = ''`, 'with :after and :batch'],
    [`delete from ${VERSIONS} where user_id = 'x'`, 'with :after and :batch'],
    [`lock table ${VERSIONS}`, 'leave this out'],
    [`cluster ${VERSIONS} using i`, 'rewrites the table'],
    [`vacuum full ${VERSIONS}`, 'does not run in a step'],
    [`reindex table ${VERSIONS}`, 'build a new index concurrently'],
    [`refresh materialized view public.m`, 'refresh it concurrently'],
  ])('%s', async (sql, instead) => {
    await expect(lint(`-- why\n${sql};`)).rejects.toThrow(/^migrations\/000_test\.sql:2:\d+: /);
    await expect(lint(sql)).rejects.toThrow(instead);
  });
});

describe('accepted', () => {
  test.each([
    `-- migrate: no transaction\ncreate index concurrently if not exists i on ${VERSIONS} (user_id)`,
    `create table public.t (a int primary key); create index i on public.t (a); alter table public.t add column b uuid default gen_random_uuid()`,
    `create table public.t (a int); update public.t set a = 1; drop table public.t`,
    `create function public.f() returns int language sql return 1; drop function public.f()`,
    `alter table ${VERSIONS} add column seen boolean not null default false, add column at timestamptz default now()`,
    `alter table ${VERSIONS} add constraint c check (user_id <> '') not valid;\n-- migrate: long\nalter table ${VERSIONS} validate constraint c`,
    `alter table ${VERSIONS} add constraint c check (user_id is not null) not valid;\n-- migrate: long\nalter table ${VERSIONS} validate constraint c;\n-- migrate: transaction\nalter table ${VERSIONS} alter column user_id set not null`,
    `alter table ${VERSIONS} add constraint u unique using index i`,
    `alter table ${VERSIONS} enable row level security; drop policy p on ${VERSIONS}; drop trigger t on ${VERSIONS}`,
    `-- migrate: batched\nupdate ${VERSIONS} set prompt = '' where version_id > :after and version_id in (select version_id from ${VERSIONS} limit :batch) returning 1`,
    `analyze ${VERSIONS}`,
    `-- migrate: contract\nalter table ${VERSIONS} drop column prompt; drop table public.old; drop function version_history.list_versions(text)`,
  ])('%s', async (sql) => {
    await expect(lint(sql)).resolves.toBeUndefined();
  });
});
