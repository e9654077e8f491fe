import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

/** A database of one test file, and the role that owns it. */
export interface TestDatabase {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  /** Connection string of the owner. */
  url: string;
  /** Connection string of the superuser on this database: for what an administrator would do. */
  adminUrl: string;
  drop(): Promise<void>;
}

/**
 * Makes an empty database owned by a fresh role that, as the master user on Aurora, is no superuser, has no BYPASSRLS, and may create roles.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = new URL(inject('postgresUrl'));
  const name = `test_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  await administer(
    server.href,
    `create role ${name} login createrole password '${password}' nosuperuser nobypassrls`,
    `create database ${name} owner ${name}`,
  );
  const at = (user: string, secret: string) => `postgres://${user}:${secret}@${server.host}/${name}`;
  return {
    host: server.hostname,
    port: Number(server.port),
    database: name,
    user: name,
    password,
    url: at(name, password),
    adminUrl: at(server.username, server.password),
    drop: () => administer(server.href, `drop database ${name} with (force)`, `drop role ${name}`),
  };
}

async function administer(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
