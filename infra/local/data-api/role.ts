import { randomBytes } from 'node:crypto';
import pg from 'pg';

/**
 * Makes the role and the database it owns, as far as they are missing, and gives the role a new password. As the master user on Aurora it is
 * no superuser, has no BYPASSRLS, and may create roles.
 *
 * @param server connection string of a superuser.
 * @returns what a secret of that role holds.
 */
export async function prepareRole(
  server: URL,
  { user, database }: { user: string; database: string },
): Promise<{ username: string; password: string }> {
  const password = randomBytes(18).toString('base64url');
  const client = new pg.Client(server.href);
  await client.connect();
  try {
    const [role, name] = [pg.escapeIdentifier(user), pg.escapeIdentifier(database)];
    const { rows } = await client.query(
      'select exists(select from pg_roles where rolname = $1) role, exists(select from pg_database where datname = $2) database',
      [user, database],
    );
    const verb = rows[0].role ? 'alter' : 'create';
    await client.query(
      `${verb} role ${role} login createrole createdb nosuperuser nobypassrls password ${pg.escapeLiteral(password)}`,
    );
    if (!rows[0].database) await client.query(`create database ${name} owner ${role}`);
    return { username: user, password };
  } finally {
    await client.end();
  }
}
