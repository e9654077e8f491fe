import * as z from 'zod/mini';
import type { Database } from '../platform/database.ts';
import { scramVerifier } from './scram.ts';

/** Who a secret lets in at the database. */
export interface Login {
  username: string;
  password: string;
}

/** A secret does not hold what a login needs, or the database has no such login. The message says what to do and holds nothing of it. */
export class UnusableSecret extends Error {
  override name = 'UnusableSecret';
}

// A role's name is part of statements: quoted there, and held to what the stack itself generates here.
const login = z.looseObject({
  username: z.string().check(z.regex(/^[a-z_][a-z0-9_]{0,62}$/)),
  password: z.string().check(z.minLength(16)),
});

/** The login in a secret's value. @throws UnusableSecret */
export function readLogin(secretArn: string, value: string): Login {
  const { data } = login.safeParse(parsed(value));
  if (data) return data;
  throw new UnusableSecret(
    `${secretArn} must hold JSON with username (a-z, 0-9 and _, at most 63) and password (16 characters or more), as the stack generates it`,
  );
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** Gives an existing role a new password, of which the database gets the verifier alone. Needs the admin option on the role. */
export async function setPassword(owner: Pick<Database, 'run'>, { username, password }: Login): Promise<void> {
  await owner.run(`alter role ${quoted(username)} login password '${await scramVerifier(password)}'`);
}

/** A name as an identifier in a statement. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
