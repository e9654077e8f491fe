import type { Client } from 'pg';

/**
 * The schema of a database as SQL, from the catalog, in an order that does not depend on the order it was made in: tables with
 * columns, constraints, indexes, triggers, policies and grants to the product's group roles, then views, then functions. Only what is in schema
 * public, not an extension's, and not the runner's own.
 */
export async function readSchema(client: Client): Promise<string> {
  const text = async (query: string) => (await client.query<{ text: string }>(query)).rows.map((row) => row.text);
  const tables = await text(TABLES);
  const views = await text(VIEWS);
  const functions = await text(FUNCTIONS);
  return `${[HEADER, ...tables, ...views, ...functions].join('\n\n')}\n`;
}

const HEADER = `-- The schema that the migrations make of an empty database, read from its catalog: for people to read, not to run.
-- \`npm run schema\` writes it; a test fails when it is not what the migrations make.`;

// To the group roles alone: the owner's own depend on who owns the database. Privileges on the whole, then those on columns.
const GRANTS = `(select string_agg(
              'grant ' || given.privilege || coalesce(' (' || given.columns || ')', '') || ' on ' || c.relname || ' to ' || given.role || ';',
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

// One text a table; the parts of a table one a line, sorted by name, columns as they are.
const TABLES = `
  select concat_ws(E'\\n',
    'create table ' || c.relname || E' (\\n' ||
      (select string_agg(
                '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
                || case when a.attnotnull then ' not null' else '' end,
                E',\\n' order by a.attnum)
         from pg_attribute a
         left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) || E'\\n);',
    (select string_agg('alter table ' || c.relname || ' add constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid) || ';',
                       E'\\n' order by k.contype = 'f', k.conname)
       from pg_constraint k
      where k.conrelid = c.oid and k.contype in ('p', 'u', 'c', 'f', 'x')),
    (select string_agg(pg_get_indexdef(i.indexrelid) || case when i.indisvalid then ';' else '; -- INVALID' end,
                       E'\\n' order by i.indexrelid::regclass::text)
       from pg_index i
      where i.indrelid = c.oid and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))),
    (select string_agg(pg_get_triggerdef(t.oid) || ';', E'\\n' order by t.tgname)
       from pg_trigger t
      where t.tgrelid = c.oid and not t.tgisinternal),
    case when c.relrowsecurity then 'alter table ' || c.relname || ' enable row level security;' end,
    case when c.relforcerowsecurity then 'alter table ' || c.relname || ' force row level security;' end,
    (select string_agg(
              'create policy ' || p.policyname || ' on ' || p.tablename || ' as ' || lower(p.permissive) || ' for ' || lower(p.cmd)
              || ' to ' || array_to_string(p.roles, ', ')
              || coalesce(' using (' || p.qual || ')', '') || coalesce(' with check (' || p.with_check || ')', '') || ';',
              E'\\n' order by p.policyname)
       from pg_policies p
      where p.schemaname = 'public' and p.tablename = c.relname),
    ${GRANTS}
  ) as text
    from pg_class c
   where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
     and c.relname not in ('project_versions_migrations', 'project_versions_migration_lease')
   order by c.relname`;

const VIEWS = `
  select concat_ws(E'\\n',
    'create view ' || c.relname || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') || E' as\\n' ||
      pg_get_viewdef(c.oid),
    ${GRANTS}
  ) as text
    from pg_class c
   where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
   order by c.relname`;

const FUNCTIONS = `
  select pg_get_functiondef(p.oid) || ';' ||
         coalesce((select E'\\ngrant execute on function ' || p.proname || ' to '
                          || string_agg(acl.grantee::regrole::text, ', ' order by acl.grantee::regrole::text) || ';'
                     from aclexplode(p.proacl) acl
                    where acl.grantee::regrole::text like 'project\\_versions\\_%'), '') as text
    from pg_proc p
   where p.pronamespace = 'public'::regnamespace
     and p.prokind in ('f', 'p')
     and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
   order by p.proname, pg_get_function_identity_arguments(p.oid)`;
