import type { Database } from '../platform/database.ts';
import { sql } from '../platform/sql.ts';
import { MigrationFailed } from './failure.ts';

/** `unique nulls not distinct` came with 15; Aurora PostgreSQL 17 is what the stack makes. */
const OLDEST_VERSION = 15;

interface Table {
  name: string;
  kind: string;
  owner: string;
  owned: boolean;
  columns: string[];
  unique_version_id: boolean;
}

interface Facts {
  version: number;
  role: string;
  database: string;
  schema: boolean;
  may_create: boolean;
  may_create_roles: boolean;
  tables: Table[];
}

/** What the migrations read from a table that was there before them. */
const NEEDED: Record<string, string[]> = {
  project_versions: ['version_id', 'project_id', 'user_id', 'status', 'prompt', 'created_at', 'updated_at'],
  project_versions_metadata: ['version_id', 'project_id', 'user_id', 'major_version', 'change_type', 'base_version_id'],
};

/**
 * Looks whether the role can do what the migrations will, before anything is changed.
 *
 * @returns whether the ledger exists
 * @throws MigrationFailed naming the role, the table, its owner and the command that mends it
 */
export async function preflight(database: Database): Promise<{ ledgerExists: boolean }> {
  const facts = await database.document<Facts>(sql`
    select json_build_object(
      'version', current_setting('server_version_num')::integer / 10000,
      'role', current_user,
      'database', current_database(),
      'schema', to_regnamespace('public') is not null,
      'may_create', coalesce(has_schema_privilege(to_regnamespace('public')::oid, 'usage')
                         and has_schema_privilege(to_regnamespace('public')::oid, 'create'), false),
      'may_create_roles', (select rolcreaterole or rolsuper from pg_roles where rolname = current_user),
      'tables', (
        select coalesce(json_agg(json_build_object(
          'name', c.relname,
          'kind', c.relkind,
          'owner', pg_get_userbyid(c.relowner),
          'owned', pg_has_role(c.relowner, 'usage'),
          'columns', (select json_agg(a.attname) from pg_attribute a
                       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
          'unique_version_id', exists (
            select from pg_index i
              join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
             where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null
               and i.indnkeyatts = 1 and a.attname = 'version_id'
          )
        ) order by c.relname), '[]')
          from pg_class c
         where c.relnamespace = to_regnamespace('public')
           and c.relkind in ('r', 'p', 'v', 'm', 'f')
           and c.relname in (
             'project_versions', 'project_versions_metadata',
             'project_versions_backup', 'project_versions_metadata_backup',
             'project_versions_migrations', 'project_versions_migration_lease'
           )
      )
    ) as facts`);
  checkDatabase(facts);
  for (const table of facts.tables) checkTable(facts, table);
  return { ledgerExists: facts.tables.some(({ name }) => name === 'project_versions_migrations') };
}

function checkDatabase({ version, role, database, schema, may_create, may_create_roles }: Facts): void {
  if (version < OLDEST_VERSION)
    throw new MigrationFailed(
      `PostgreSQL ${version} is too old: expected ${OLDEST_VERSION} or later; upgrade the cluster`,
    );
  if (!schema)
    throw new MigrationFailed(
      `database ${quoted(database)} has no schema public: create it (create schema public authorization ${quoted(role)})`,
    );
  if (!may_create)
    throw new MigrationFailed(
      `role ${quoted(role)} may not create tables in schema public of database ${quoted(database)}: ` +
        `run, as its owner, grant usage, create on schema public to ${quoted(role)}`,
    );
  if (!may_create_roles)
    throw new MigrationFailed(
      `role ${quoted(role)} may not create roles, and the functions get one each of their own: run, as an administrator, ` +
        `alter role ${quoted(role)} createrole`,
    );
}

function checkTable({ role }: Facts, { name, kind, owner, owned, columns, unique_version_id }: Table): void {
  if (kind !== 'r')
    throw new MigrationFailed(
      `public.${name} is not an ordinary table (relkind ${kind}): rename it, or use another database`,
    );
  if (!owned)
    throw new MigrationFailed(
      `role ${quoted(role)} must own table public.${name}, its owner is ${quoted(owner)}: run, as ${quoted(owner)} or an ` +
        `administrator, grant ${quoted(owner)} to ${quoted(role)} (or configure the secret of the owner)`,
    );
  const missing = (NEEDED[name] ?? []).filter((column) => !columns.includes(column));
  if (missing.length > 0)
    throw new MigrationFailed(
      `table public.${name} has no column ${missing.join(', ')}: it is not the table this product knows; rename it, or use another database`,
    );
  if (name in NEEDED && !unique_version_id)
    throw new MigrationFailed(
      `public.${name} has no unique key on version_id: run ` +
        `create unique index concurrently ${name}_version_id_key on public.${name} (version_id)`,
    );
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
