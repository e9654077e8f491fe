import pg from 'pg';
import type { TestDatabase } from '../../support/owned-database.ts';

/** Makes a database that is the same in every page, of the same owner. Nobody may be connected to the first one. */
export async function copyDatabase(serverUrl: string, of: TestDatabase, suffix: string): Promise<TestDatabase> {
  const database = `${of.database}_${suffix}`;
  const client = new pg.Client(serverUrl);
  await client.connect();
  await client.query(`create database ${database} template ${of.database} owner ${of.user} strategy file_copy`);
  await client.end();
  const at = (url: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href;
  return { ...of, database, url: at(of.url), adminUrl: at(of.adminUrl) };
}

/** Does `work` with a connection. */
export async function connected<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
