import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { TestDatabase } from './owned-database.ts';

/** Makes a role that may log in and is a member of the product's group role of that name. */
export async function makeLogin(owner: pg.Client, test: TestDatabase, name: 'api' | 'worker') {
  const [username, password] = [`${test.database}_${name}`, randomBytes(12).toString('hex')];
  await owner.query(`create role ${username} login password '${password}'`);
  await owner.query(`grant project_versions_${name} to ${username}`);
  return { username, password };
}
