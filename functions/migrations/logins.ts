import type { Database } from '../platform/database.ts';
import { DatabaseError, LoginRefused } from '../platform/errors.ts';
import type { Secrets } from '../platform/secrets.ts';
import { sql } from '../platform/sql.ts';
import { type Login, quoted, readLogin, setPassword } from '../secrets/login.ts';
import { MigrationFailed, reasonOf } from './failure.ts';
import type { Log } from './slice.ts';

/** A login the functions use: the group role it is a member of, which has the grants, and the secret with its name and password. */
export interface LoginSecret {
  group: 'project_versions_api' | 'project_versions_worker';
  secretArn: string;
}

export interface LoginOptions {
  /** As the role that migrates. */
  database: Database;
  /** As the login of a secret, going on for so long when it is refused. */
  connect: (secretArn: string, loginPatienceMs?: number) => Database;
  secrets: Secrets;
  logins: LoginSecret[];
  /** A rotation that began before this deployment has had its time: its password is replaced. */
  overdue: boolean;
  log: Log;
}

/** `waiting` says for what, when there is more to do. */
export type LoginOutcome = { complete: true } | { complete: false; waiting: string };

interface Facts {
  role: string;
  database: string;
  group_exists: boolean;
  may_let_in: boolean;
  uses_schema: boolean;
  exists: boolean;
  too_powerful: boolean;
  can_log_in: boolean;
  member: boolean;
  may_alter: boolean;
}

/**
 * Makes the logins that are missing and mends those that do not open the database; one that does is left alone, so that doing it again changes
 * nothing. Between two steps of a rotation a login has its next password already: that is waited for.
 *
 * @throws MigrationFailed naming the role and the command that mends it; UnusableSecret; errors of the SDK
 */
export async function applyLogins(options: LoginOptions): Promise<LoginOutcome> {
  for (const login of options.logins) {
    const outcome = await applyLogin(options, login);
    if (!outcome.complete) return outcome;
  }
  return { complete: true };
}

async function applyLogin(options: LoginOptions, { group, secretArn }: LoginSecret): Promise<LoginOutcome> {
  const { database, connect, secrets, overdue, log } = options;
  const current = await secrets.read(secretArn, 'AWSCURRENT');
  const login = readLogin(secretArn, current?.value ?? '');
  const facts = await readFacts(database, group, login.username);
  check(facts, group, login.username);

  const opens = facts.can_log_in && (await opensDatabase(connect(secretArn, 0)));
  if (!opens) {
    const pending = await secrets.read(secretArn, 'AWSPENDING');
    if (facts.exists && pending && pending.id !== current?.id && !overdue)
      return { complete: false, waiting: `the rotation of ${secretArn} to end` };
  }
  if (!opens || !facts.member) {
    await make(database, group, login);
    log.info(facts.exists ? 'login mended' : 'login made', { login: login.username, group });
    await confirm(connect(secretArn), facts, group, login);
  }
  return { complete: true };
}

const readFacts = (database: Database, group: string, username: string): Promise<Facts> =>
  database.document<Facts>(sql`
    select json_build_object(
      'role', current_user,
      'database', current_database(),
      'group_exists', grp.oid is not null,
      -- Before version 16 whoever may create roles may let others into any of them.
      'may_let_in', pg_has_role(current_user, grp.oid, 'usage with admin option') or maker.any_role,
      'uses_schema', has_schema_privilege(grp.oid, 'public', 'usage') and has_schema_privilege(grp.oid, 'version_history', 'usage'),
      'exists', login.oid is not null,
      'too_powerful', coalesce(login.rolsuper or login.rolbypassrls or login.rolcreaterole, false),
      'can_log_in', coalesce(login.rolcanlogin, false),
      'member', coalesce(pg_has_role(login.oid, grp.oid, 'usage'), false),
      'may_alter', coalesce(pg_has_role(current_user, login.oid, 'usage with admin option') or maker.any_role, true)
    ) as facts
      from (select rolsuper or (rolcreaterole and current_setting('server_version_num')::integer < 160000) as any_role
              from pg_roles where rolname = current_user) maker
      left join pg_roles grp on grp.rolname = ${group}
      left join pg_roles login on login.rolname = ${username}`);

function check(facts: Facts, group: string, username: string): void {
  const [owner, groupRole, login] = [facts.role, group, username].map(quoted);
  if (!facts.group_exists)
    throw new MigrationFailed(
      `role ${groupRole} is missing in this cluster though its grants were made: run, as an administrator, create role ${groupRole} nologin, ` +
        'and grant again what migrations/*.sql grant',
    );
  if (!facts.may_let_in)
    throw new MigrationFailed(
      `role ${owner} may not let a login into ${groupRole}, which another role of this cluster made: run, as an administrator, ` +
        `grant ${groupRole} to ${owner} with admin option`,
    );
  if (!facts.uses_schema)
    throw new MigrationFailed(
      `role ${groupRole} may not use schemas public and version_history of database ${quoted(facts.database)}: run, as their owner, ` +
        `grant usage on schema public, version_history to ${groupRole}`,
    );
  if (facts.too_powerful)
    throw new MigrationFailed(
      `role ${login} may bypass row-level security or create roles, and functions would use it: drop it, then deploy again`,
    );
  if (!facts.may_alter)
    throw new MigrationFailed(
      `role ${owner} may not set the password of ${login}, which another role made: run, as an administrator, ` +
        `grant ${login} to ${owner} with admin option`,
    );
}

/** All of it or nothing, and two deployments one after the other. */
async function make(database: Database, group: string, login: Login): Promise<void> {
  await database.transaction(async (transaction) => {
    // An arbitrary number that only this place uses.
    await transaction.rows(`select pg_advisory_xact_lock(7310000000002)::text as locked`);
    const known = await transaction.rows(sql`select rolname from pg_roles where rolname = ${login.username}`);
    if (known.length === 0) await transaction.run(`create role ${quoted(login.username)}`);
    await setPassword(transaction, login);
    await transaction.run(`grant ${quoted(group)} to ${quoted(login.username)}`);
  });
}

/** @returns false when the password, or the right to log in, is not what the secret says. */
async function opensDatabase(login: Database): Promise<boolean> {
  try {
    await login.rows('select 1 as alive');
    return true;
  } catch (error) {
    if (error instanceof LoginRefused) return false;
    throw error;
  }
}

/** A login that was just made is used once, so that a deployment fails here and not the first request after it. */
async function confirm(database: Database, facts: Facts, group: string, { username }: Login): Promise<void> {
  try {
    await database.rows('select 1 as alive');
  } catch (cause) {
    if (!(cause instanceof LoginRefused || cause instanceof DatabaseError)) throw cause;
    throw new MigrationFailed(
      `role ${quoted(username)} has its password and cannot use database ${quoted(facts.database)} (${reasonOf(cause)}): if it may not connect, run, ` +
        `as the database's owner, grant connect on database ${quoted(facts.database)} to ${quoted(group)}`,
      { cause },
    );
  }
}
