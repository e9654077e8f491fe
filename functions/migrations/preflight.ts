import type { Database } from '../platform/database.ts';
import { sql } from '../platform/sql.ts';
import { MigrationFailed } from './failure.ts';
import { createLedger, readLedger } from './ledger.ts';
import { bindOwner, brokenRules, findOldTables, inWords, oldTables, unbindOwner } from './takeover/found.ts';

/** `unique nulls not distinct` came with 15; Aurora PostgreSQL 17 is what the stack makes. */
const OLDEST_VERSION = 15;

interface Table {
  name: string;
  kind: string;
  owner: string;
  owned: boolean;
  unique_version_id: boolean;
}

interface Facts {
  version: number;
  role: string;
  database: string;
  ledger: boolean;
  schema: boolean;
  may_create: boolean;
  may_create_schema: boolean;
  may_create_roles: boolean;
  tables: Table[];
}

/**
 * Looks whether the role can do what the migrations will, and whether they can take over what they find, before anything is changed. Then makes the
 * ledger where it is missing.
 *
 * @throws MigrationFailed with all that is in the way: each with the table or role it is about, and the command that mends it
 */
export async function prepare(database: Database): Promise<void> {
  const { takenOver, obstacles } = await look(database);
  if (obstacles.length > 0) throw refused(obstacles);
  if (takenOver) return;
  const { takeover, refusals, rules } = await findOldTables(database);
  if (refusals.length > 0) throw refused(refusals);
  await unbindOwner(database, takeover);
  const broken = await brokenRules(database, rules);
  if (broken.length > 0) {
    await bindOwner(database, takeover);
    throw refused(broken.map(inWords));
  }
  await createLedger(database, takeover.tables.length > 0 ? takeover : null);
}

/** What is in the way of the migrations on this database; changes nothing. `decided`: nothing is left to decide about old tables. */
export async function readObstacles(database: Database): Promise<{ obstacles: string[]; decided: boolean }> {
  const { obstacles, takenOver: decided } = await look(database);
  return { obstacles, decided };
}

/** One reason as it is; several with a line each. */
function refused(reasons: string[]): MigrationFailed {
  const [first = '', ...others] = reasons;
  return new MigrationFailed(
    others.length === 0
      ? first
      : `nothing was changed, ${reasons.length} things are in the way:\n${reasons.map((reason) => `- ${reason}`).join('\n')}`,
  );
}

/** `takenOver`: the ledger is there, and nothing has to be decided: there is no old system, or its takeover has begun. */
async function look(database: Database) {
  const facts = await readDatabase(database);
  const obstacles = [...databaseObstacles(facts), ...facts.tables.flatMap((table) => tableObstacles(facts, table))];
  if (!facts.ledger || obstacles.length > 0) return { takenOver: false, obstacles };
  const ledger = await readLedger(database);
  const old = await oldTables(database);
  const begun = ledger.size > 0;
  const takenOver = begun && (old.length === 0 || [...ledger.keys()].some((name) => /^legacy\/\d/.test(name)));
  return { takenOver, obstacles };
}

const readDatabase = (database: Database): Promise<Facts> =>
  database.document<Facts>(sql`
    select json_build_object(
      'version', current_setting('server_version_num')::integer / 10000,
      'role', current_user,
      'database', current_database(),
      'ledger', to_regclass('version_history.migrations') is not null,
      'schema', to_regnamespace('public') is not null,
      'may_create', coalesce(has_schema_privilege(to_regnamespace('public')::oid, 'usage')
                         and has_schema_privilege(to_regnamespace('public')::oid, 'create'), false),
      'may_create_schema', has_database_privilege(current_database(), 'create')
                           or coalesce(has_schema_privilege(to_regnamespace('version_history')::oid, 'create'), false),
      'may_create_roles', (select rolcreaterole or rolsuper from pg_roles where rolname = current_user),
      'tables', (
        select coalesce(json_agg(json_build_object(
          'name', n.nspname || '.' || c.relname,
          'kind', c.relkind,
          'owner', pg_get_userbyid(c.relowner),
          'owned', pg_has_role(c.relowner, 'usage'),
          'unique_version_id', exists (
            select from pg_index i
              join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
             where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null
               and i.indnkeyatts = 1 and a.attname = 'version_id'
          )
        ) order by c.relname), '[]')
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'v', 'm', 'f')
           and (n.nspname = 'public' and c.relname in ('project_versions', 'project_versions_metadata')
                or n.nspname = 'version_history' and c.relname in ('migrations', 'migration_lease'))
      )
    ) as facts`);

function databaseObstacles({ version, role, database, schema, ...may }: Facts): string[] {
  const obstacles: string[] = [];
  if (version < OLDEST_VERSION)
    obstacles.push(`PostgreSQL ${version} is too old: expected ${OLDEST_VERSION} or later; upgrade the cluster`);
  if (!schema)
    obstacles.push(
      `database ${quoted(database)} has no schema public: create it (create schema public authorization ${quoted(role)})`,
    );
  else if (!may.may_create)
    obstacles.push(
      `role ${quoted(role)} may not create tables in schema public of database ${quoted(database)}: ` +
        `run, as its owner, grant usage, create on schema public to ${quoted(role)}`,
    );
  if (!may.may_create_schema)
    obstacles.push(
      `role ${quoted(role)} may not create the schema version_history in database ${quoted(database)}: ` +
        `run, as its owner, grant create on database ${quoted(database)} to ${quoted(role)}`,
    );
  if (!may.may_create_roles)
    obstacles.push(
      `role ${quoted(role)} may not create roles, and the functions get one each of their own: run, as an administrator, ` +
        `alter role ${quoted(role)} createrole`,
    );
  return obstacles;
}

function tableObstacles({ role }: Facts, { name, kind, owner, owned, unique_version_id }: Table): string[] {
  if (kind !== 'r') return [`${name} is not an ordinary table (relkind ${kind}): rename it, or use another database`];
  const obstacles: string[] = [];
  if (!owned)
    obstacles.push(
      `role ${quoted(role)} must own table ${name}, its owner is ${quoted(owner)}: run, as ${quoted(owner)} or an ` +
        `administrator, grant ${quoted(owner)} to ${quoted(role)} (or configure the secret of the owner)`,
    );
  if (name.startsWith('public.') && !unique_version_id)
    obstacles.push(
      `${name} has no unique key on version_id: run ` +
        `create unique index concurrently ${name.slice('public.'.length)}_version_id_key on ${name} (version_id)`,
    );
  return obstacles;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
