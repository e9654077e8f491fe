import type { Database } from '../../platform/database.ts';
import { sql } from '../../platform/sql.ts';
import type { OldColumn } from './kinds.ts';

/** Something that bears a name this product needs, and the statement that gives it another one. */
interface Taken {
  what: string;
  mend: string;
}

/** What the catalog says of a table of the old system. */
export interface OldTable {
  unlogged: boolean;
  forcedRowSecurity: boolean;
  columns: OldColumn[];
}

/** What the catalog says of the old system; a table that is not there is null. */
export interface Facts {
  versions: OldTable | null;
  metadata: OldTable | null;
  taken: Taken[];
  /** Views and functions that read or write the old table, and foreign keys to it: what the contract touches. */
  dependents: { views: string[]; foreignKeys: string[]; functions: string[] };
}

/** Names of relations that the migrations make in schema public. */
const RELATIONS = ['history', 'default_view', 'numbers', 'metadata_due', 'one_published', 'published'].map(
  (name) => `project_versions_${name}`,
);
/** Constraints, policies and triggers that they make on project_versions. */
const CONSTRAINTS = [
  'change_type_known',
  'breaking_risk_known',
  'metadata_status_known',
  'metadata_generator_known',
  'created_at_present',
  'is_published_present',
].map((name) => `project_versions_${name}`);
const POLICIES = ['everyone', 'functions', 'own_rows'].map((name) => `project_versions_${name}`);
const TRIGGERS = [
  'project_versions_keep_moments',
  'project_versions_find_metadata',
  '~project_versions_keep_updated_at',
];

/** Reads the catalog; takes no lock that anybody waits for. */
export const readFacts = (database: Database): Promise<Facts> =>
  database.document<Facts>(sql`
    with tables as (
      select c.oid, c.relname, c.relpersistence = 'u' as unlogged, c.relforcerowsecurity as forced
        from pg_class c
       where c.relnamespace = to_regnamespace('public') and c.relkind = 'r' and c.relname in ('project_versions', 'project_versions_metadata')
    ), described as (
      select t.relname, json_build_object(
               'unlogged', t.unlogged,
               'forcedRowSecurity', t.forced,
               'columns', (
                 select json_agg(json_build_object(
                          'name', a.attname,
                          -- Qualified: what is made of it may run with another search_path.
                        'type', case
                          when y.typnamespace = 'pg_catalog'::regnamespace then format_type(a.atttypid, a.atttypmod)
                          else y.typnamespace::regnamespace || '.' || quote_ident(y.typname)
                        end,
                          'base', base.typname,
                          'labels', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = base.oid),
                          'length', case when base.typname in ('varchar', 'bpchar') and modifier.typmod > 4 then modifier.typmod - 4 end,
                          'scale', case when base.typname = 'numeric' and modifier.typmod > 4 then (modifier.typmod - 4) & 2047 end,
                          'notNull', a.attnotnull,
                          'default', pg_get_expr(d.adbin, d.adrelid),
                          'generated', a.attgenerated <> '' or a.attidentity = 'a'
                        ) order by a.attnum)
                   from pg_attribute a
                   join pg_type y on y.oid = a.atttypid
                   join pg_type base on base.oid = case when y.typtype = 'd' then y.typbasetype else y.oid end
                  cross join lateral (select case when y.typtype = 'd' then y.typtypmod else a.atttypmod end) modifier (typmod)
                   left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                  where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
               )
             ) as description
        from tables t
    ), taken as (
      select case c.relkind when 'i' then 'index' else 'relation' end || ' public.' || c.relname as what,
             format(case c.relkind when 'i' then 'alter index public.%I rename to %I' else 'alter table public.%I rename to %I' end, c.relname, c.relname || '_of_another') as mend
        from pg_class c
       where c.relnamespace = to_regnamespace('public')
         and (c.relname in (select jsonb_array_elements_text(${JSON.stringify(RELATIONS)}::text::jsonb))
              or (c.relname = 'project_versions_pkey' and not exists (select from tables t where t.relname = 'project_versions')))
      union all
      select 'constraint ' || k.conname || ' on public.project_versions',
             format('alter table public.project_versions rename constraint %I to %I', k.conname, k.conname || '_of_another')
        from pg_constraint k
        join tables t on t.oid = k.conrelid and t.relname = 'project_versions'
       where k.conname in (select jsonb_array_elements_text(${JSON.stringify(CONSTRAINTS)}::text::jsonb))
      union all
      select 'policy ' || p.polname || ' on public.project_versions',
             format('alter policy %I on public.project_versions rename to %I', p.polname, p.polname || '_of_another')
        from pg_policy p
        join tables t on t.oid = p.polrelid and t.relname = 'project_versions'
       where p.polname in (select jsonb_array_elements_text(${JSON.stringify(POLICIES)}::text::jsonb))
      union all
      select 'trigger ' || g.tgname || ' on public.' || t.relname,
             format('alter trigger %I on public.%I rename to %I', g.tgname, t.relname, g.tgname || '_of_another')
        from pg_trigger g
        join tables t on t.oid = g.tgrelid
       where not g.tgisinternal and g.tgname in (select jsonb_array_elements_text(${JSON.stringify(TRIGGERS)}::text::jsonb))
      union all
      select 'schema version_history, which holds ' || c.relname, 'alter schema version_history rename to version_history_of_another'
        from pg_class c
       where c.relnamespace = to_regnamespace('version_history')
    ), old as (
      select t.oid from tables t where t.relname = 'project_versions_metadata'
    )
    select json_build_object(
      'versions', (select d.description from described d where d.relname = 'project_versions'),
      'metadata', (select d.description from described d where d.relname = 'project_versions_metadata'),
      'taken', (select coalesce(json_agg(json_build_object('what', t.what, 'mend', t.mend)), '[]') from taken t
                 -- They are ours as soon as there is a ledger, which another deployment may be making at this moment.
                 where to_regclass('version_history.migrations') is null),
      'dependents', json_build_object(
        'views', (
          select coalesce(json_agg(distinct r.ev_class::regclass::text), '[]')
            from pg_depend d
            join pg_rewrite r on r.oid = d.objid
           where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid in (select oid from old)
             and r.ev_class::regclass::text not like 'version_history.%'
        ),
        'foreignKeys', (
          select coalesce(json_agg(k.conname || ' on ' || k.conrelid::regclass order by k.conname), '[]')
            from pg_constraint k
           where k.contype = 'f' and k.confrelid in (select oid from old)
        ),
        'functions', (
          select coalesce(json_agg(distinct p.oid::regprocedure::text), '[]')
            from pg_proc p
           where exists (select from old) and p.prosrc like '%project_versions_metadata%'
             and p.pronamespace <> coalesce(to_regnamespace('version_history')::oid, 0)
             and p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        )
      )
    ) as facts`);
