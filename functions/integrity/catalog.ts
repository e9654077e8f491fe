import type { Transaction } from '../platform/database.ts';
import { sql } from '../platform/sql.ts';

/**
 * What the migrations guarantee of a database, whatever it was before: of each object the digest of each of its aspects, and in which states it is so.
 * `npm run schema` writes it to migrations/catalog.json; it is compiled in when the function is bundled.
 */
export interface Catalog {
  /** The major version of PostgreSQL whose words the texts are. */
  postgres: number;
  /** What the ledger says is applied in each state, by whatever way it was reached, in the order the states follow each other. */
  states: Record<string, string[][]>;
  /** By object and aspect: the digest it has in every state, or in each of those where it has one. */
  objects: Record<string, Record<string, string | Record<string, string>>>;
}

/** One thing that is so of one object: `index project_versions_numbers on project_versions`, `valid`, a digest. Names outside of schema public are qualified. */
export interface Fact {
  object: string;
  aspect: string;
  digest: string;
}

/** Aspects that are texts as the server writes them out: in the next major version the same may have other words. */
export const WRITTEN_OUT: ReadonlySet<string> = new Set(['text', 'shape', 'default']);

/** The roles whose rights are checked. */
const ROLES = ['project_versions_api', 'project_versions_worker'];

/**
 * Reads what is so of the tables, views and functions of these names and of all that is on them; of everything in schemas public and version_history when names are null.
 * `text` is an object as the server writes it out, `shape` the same without casts, names for what is cast, and brackets: all that a column of another width changes of it. The
 * search_path has to be empty: names are then qualified whoever asks.
 *
 * Catalogs alone are read, which every role may, and of the objects asked for alone: 60 ms and 250 KB, however many rows or other objects there are.
 */
export const readFacts = (transaction: Transaction, names: string[] | null): Promise<Fact[]> =>
  transaction.rows<Fact>(sql`
  with wanted as (
    select array(select jsonb_array_elements_text(${JSON.stringify(names ?? [])}::text::jsonb)) as names, ${names === null} as all_of_them
  ), roles as (
    select r.oid, r.rolname as name, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin
      from pg_roles r
     where r.rolname in (select jsonb_array_elements_text(${JSON.stringify(ROLES)}::text::jsonb))
  ), schemas as (
    select n.oid, case n.nspname when 'public' then '' else n.nspname || '.' end as prefix
      from pg_namespace n
     where n.nspname in ('public', 'version_history')
  ), relations as (
    select c.oid, s.prefix || c.relname as name, case c.relkind when 'v' then 'view ' else 'table ' end || s.prefix || c.relname as object, c.relkind,
           c.relacl, c.reloptions, c.relrowsecurity, c.relforcerowsecurity
      from pg_class c
      join schemas s on s.oid = c.relnamespace, wanted
     where c.relkind in ('r', 'v') and (wanted.all_of_them or s.prefix || c.relname = any (wanted.names))
  ), functions as (
    select p.oid, s.prefix || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name, p.proowner, p.proacl, p.prosrc, p.prosqlbody, p.prosecdef,
           p.provolatile, p.proconfig, p.prolang, p.prorettype, p.proretset
      from pg_proc p
      join schemas s on s.oid = p.pronamespace, wanted
     where p.prokind in ('f', 'p') and (wanted.all_of_them or s.prefix || p.proname = any (wanted.names))
       and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  ), facts (object, aspect, value) as (
    select t.object, 'row security', concat_ws(' ', t.relrowsecurity, t.relforcerowsecurity)
      from relations t
     where t.relkind = 'r'
    union all
    select t.object, 'options', array_to_string(t.reloptions, ' ')
      from relations t
     where t.relkind = 'v'
    union all
    select t.object, written.aspect, written.value
      from relations t,
           lateral (values ('text', pg_get_viewdef(t.oid)), ('shape', pg_get_viewdef(t.oid))) written (aspect, value)
     where t.relkind = 'v'
    union all
    select t.object, 'rights of ' || r.name, concat_ws('; ', (
             select string_agg(acl.privilege_type, ', ' order by acl.privilege_type) from aclexplode(t.relacl) acl where acl.grantee = r.oid
           ), (
             select string_agg(acl.privilege_type || ' of ' || a.attname, ', ' order by acl.privilege_type, a.attname)
               from pg_attribute a, aclexplode(a.attacl) acl
              where a.attrelid = t.oid and acl.grantee = r.oid
           ))
      from relations t, roles r
    union all
    select t.object, 'policies of ' || r.name, (
             select string_agg(p.polname, ', ' order by p.polname) from pg_policy p where p.polrelid = t.oid and r.oid = any (p.polroles))
      from relations t, roles r
     where t.relkind = 'r'
    union all
    select 'column ' || t.name || '.' || a.attname, aspect.name, aspect.value
      from relations t
      join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      join pg_type y on y.oid = a.atttypid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum,
           lateral (values
             ('kind', case y.typcategory when 'S' then 'text' else format_type(a.atttypid, null) end || a.attidentity::text || a.attgenerated::text),
             ('type', format_type(a.atttypid, a.atttypmod)),
             ('not null', case when a.attnotnull then 'true' end),
             ('default', pg_get_expr(d.adbin, d.adrelid))
           ) aspect (name, value)
     where aspect.value is not null
    union all
    select 'constraint ' || k.conname || ' on ' || t.name, aspect.name, aspect.value
      from relations t
      join pg_constraint k on k.conrelid = t.oid and k.contype in ('p', 'u', 'c', 'f', 'x'),
           lateral (values
             ('validated', k.convalidated::text), ('text', pg_get_constraintdef(k.oid)), ('shape', pg_get_constraintdef(k.oid))
           ) aspect (name, value)
    union all
    select 'index ' || c.relname || ' on ' || t.name, aspect.name, aspect.value
      from relations t
      join pg_index i on i.indrelid = t.oid
      join pg_class c on c.oid = i.indexrelid,
           lateral (values
             ('valid', (i.indisvalid and i.indisready and i.indislive)::text), ('text', pg_get_indexdef(i.indexrelid)),
             ('shape', pg_get_indexdef(i.indexrelid))
           ) aspect (name, value)
    union all
    select 'trigger ' || g.tgname || ' on ' || t.name, aspect.name, aspect.value
      from relations t
      join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal,
           lateral (values
             ('enabled', (g.tgenabled in ('O', 'A'))::text), ('text', pg_get_triggerdef(g.oid)), ('shape', pg_get_triggerdef(g.oid))
           ) aspect (name, value)
    union all
    select 'policy ' || p.polname || ' on ' || t.name, aspect.name, aspect.value
      from relations t
      join pg_policy p on p.polrelid = t.oid,
           lateral (
             select concat_ws(' ', p.polpermissive, p.polcmd, (
                      select string_agg(coalesce(r.name, to_.roleid::text), ', ' order by r.name)
                        from unnest(p.polroles) to_ (roleid)
                        left join roles r on r.oid = to_.roleid
                    ), 'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) as definition
           ) written,
           lateral (values ('text', written.definition), ('shape', written.definition)) aspect (name, value)
    union all
    select 'statistics ' || s.stxname || ' on ' || t.name, 'text', pg_get_statisticsobjdef(s.oid)
      from relations t
      join pg_statistic_ext s on s.stxrelid = t.oid
    union all
    select 'function ' || f.name, aspect.name, aspect.value
      from functions f
      join pg_language l on l.oid = f.prolang,
           lateral (values
             ('body', concat_ws(' ', l.lanname, f.prosecdef, f.provolatile, f.proretset, format_type(f.prorettype, null), array_to_string(f.proconfig, ' '), f.prosrc)),
             ('text', pg_get_function_sqlbody(f.oid)),
             ('shape', pg_get_function_sqlbody(f.oid)),
             -- Whoever has made it otherwise may have taken it from everybody himself.
             ('not for everybody', case when not exists (
               select from aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) acl where acl.grantee = 0
             ) then 'true' end)
           ) aspect (name, value)
     where aspect.value is not null
    union all
    select 'function ' || f.name, 'rights of ' || r.name, (
             select string_agg(acl.privilege_type, ', ') from aclexplode(f.proacl) acl where acl.grantee = r.oid)
      from functions f, roles r
    union all
    select 'role ' || r.name, 'powers', concat_ws(' ', r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin)
      from roles r
    union all
    select 'role ' || r.name, 'way into schema ' || n.nspname, has_schema_privilege(r.oid, n.oid, 'usage')::text
      from roles r, schemas s
      join pg_namespace n on n.oid = s.oid
  )
  select f.object, f.aspect, left(md5(case f.aspect
           when 'shape' then regexp_replace(
             f.value, '::("char"|text|bpchar|character varying|character|numeric|name)(\\(\\d+(,\\d+)?\\))?(\\[\\])?| AS \\w+|[()\\s]', '', 'g')
           else coalesce(f.value, '')
         end), 12) as digest
    from facts f
   order by f.object, f.aspect`);
