import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { compileMigrations } from '../../infra/build/compile-migrations.ts';

/**
 * The schema of a database as SQL, from the catalog: tables, then indexes, then who may see and do what, the view, and the functions in the files they
 * come from. Only what is in schemas public and version_history, not an extension's, and not the runner's own.
 */
export async function readSchema(client: Client): Promise<string> {
  const text = async (query: string) => (await client.query<{ text: string }>(query)).rows.map((row) => row.text);
  const { rows: functions } = await client.query<{ name: string; text: string }>(FUNCTIONS);
  const sections = [
    ['Tables', ...(await text(TABLES))],
    ['Indexes and triggers', ...(await text(INDEXES))],
    ['Row-level security and rights', ...(await text(RIGHTS))],
    ['What answers are made of', ...(await text(VIEWS))],
  ];
  for (const { file, names } of await functionsByFile()) {
    const own = functions.filter(({ name }) => names.includes(name));
    if (own.length > 0) sections.push([`Functions of ${file}`, ...own.map((each) => each.text)]);
  }
  return `${[HEADER, ...sections.map(([title, ...parts]) => [`-- ${title}`, ...parts].join('\n\n'))].join('\n\n\n')}\n`;
}

/** Which functions each file makes, in the order it makes them. */
async function functionsByFile(): Promise<{ file: string; names: string[] }[]> {
  const files = (await compileMigrations()).filter(({ where }) => where === null);
  return Promise.all(
    files.map(async ({ name: file }) => {
      const source = await readFile(join('migrations', file), 'utf8');
      const made = source.matchAll(/^create (?:or replace )?function (version_history\.\w+)/gm);
      return { file: `migrations/${file}`, names: [...made].map(([, name = '']) => name) };
    }),
  );
}

const HEADER = `-- The schema that the migrations make of an empty database, read from its catalog: for people to read, not to run.
-- \`npm run schema\` writes it; a test fails when it is not what the migrations make.`;

const NAME = `c.relnamespace::regnamespace || '.' || c.relname`;
const OURS = `c.relnamespace in ('public'::regnamespace, 'version_history'::regnamespace)
     and c.relname not in ('migrations', 'migration_lease')`;

// To the group roles alone: the owner's own depend on who owns the database. Privileges on the whole, then those on columns.
const GRANTS = `(select string_agg(
              'grant ' || given.privilege || coalesce(' (' || given.columns || ')', '') || ' on ' || ${NAME} || ' to ' || given.role || ';',
              E'\\n' order by given.role, given.columns is not null, given.privilege)
       from (
         select acl.grantee::regrole::text as role, null as columns,
                string_agg(lower(acl.privilege_type), ', ' order by acl.privilege_type) as privilege
           from aclexplode(c.relacl) acl
          where acl.grantee::regrole::text like 'project\\_versions\\_%'
          group by acl.grantee
         union all
         select acl.grantee::regrole::text, string_agg(a.attname, ', ' order by a.attname), lower(acl.privilege_type)
           from pg_attribute a, aclexplode(a.attacl) acl
          where a.attrelid = c.oid and acl.grantee::regrole::text like 'project\\_versions\\_%'
          group by acl.grantee, acl.privilege_type
       ) given)`;

// One text a table; its columns as they are, its constraints by name.
const TABLES = `
  select concat_ws(E'\\n',
    'create table ' || ${NAME} || E' (\\n' ||
      (select string_agg(
                '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
                || case when a.attnotnull then ' not null' else '' end,
                E',\\n' order by a.attnum)
         from pg_attribute a
         left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) || E'\\n);',
    (select string_agg('alter table ' || ${NAME} || ' add constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid) || ';',
                       E'\\n' order by k.contype = 'f', k.conname)
       from pg_constraint k
      where k.conrelid = c.oid and k.contype in ('p', 'u', 'c', 'f', 'x'))
  ) as text
    from pg_class c
   where c.relkind = 'r' and ${OURS}
   order by c.relnamespace::regnamespace::text, c.relname`;

const INDEXES = `
  select concat_ws(E'\\n',
    (select string_agg(pg_get_indexdef(i.indexrelid) || case when i.indisvalid then ';' else '; -- INVALID' end,
                       E'\\n' order by i.indexrelid::regclass::text)
       from pg_index i
      where i.indrelid = c.oid and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))),
    (select string_agg(pg_get_triggerdef(t.oid) || ';', E'\\n' order by t.tgname)
       from pg_trigger t
      where t.tgrelid = c.oid and not t.tgisinternal)
  ) as text
    from pg_class c
   where c.relkind = 'r' and ${OURS}
     and (exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal)
          or exists (select from pg_index i where i.indrelid = c.oid and not exists (select from pg_constraint k where k.conindid = i.indexrelid)))
   order by c.relnamespace::regnamespace::text, c.relname`;

const RIGHTS = `
  select concat_ws(E'\\n',
    case when c.relrowsecurity then 'alter table ' || ${NAME} || ' enable row level security;' end,
    case when c.relforcerowsecurity then 'alter table ' || ${NAME} || ' force row level security;' end,
    (select string_agg(
              'create policy ' || p.policyname || ' on ' || ${NAME} || ' as ' || lower(p.permissive) || ' for ' || lower(p.cmd)
              || ' to ' || array_to_string(p.roles, ', ')
              || coalesce(' using (' || p.qual || ')', '') || coalesce(' with check (' || p.with_check || ')', '') || ';',
              E'\\n' order by p.policyname)
       from pg_policies p
      where p.schemaname = c.relnamespace::regnamespace::text and p.tablename = c.relname),
    ${GRANTS}
  ) as text
    from pg_class c
   where c.relkind = 'r' and ${OURS}
   order by c.relnamespace::regnamespace::text, c.relname`;

const VIEWS = `
  select concat_ws(E'\\n',
    'create view ' || ${NAME} || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') || E' as\\n' ||
      pg_get_viewdef(c.oid),
    ${GRANTS}
  ) as text
    from pg_class c
   where c.relkind = 'v' and ${OURS}
   order by c.relname`;

const FUNCTIONS = `
  select p.pronamespace::regnamespace || '.' || p.proname as name,
         pg_get_functiondef(p.oid) || ';' ||
         coalesce((select E'\\ngrant execute on function ' || p.pronamespace::regnamespace || '.' || p.proname || ' to '
                          || string_agg(acl.grantee::regrole::text, ', ' order by acl.grantee::regrole::text) || ';'
                     from aclexplode(p.proacl) acl
                    where acl.grantee::regrole::text like 'project\\_versions\\_%'), '') as text
    from pg_proc p
   where p.pronamespace in ('public'::regnamespace, 'version_history'::regnamespace)
     and p.prokind in ('f', 'p')
     and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
   order by p.oid`;
