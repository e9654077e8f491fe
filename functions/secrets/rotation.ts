import { randomBytes } from 'node:crypto';
import type { Database } from '../platform/database.ts';
import { DatabaseUnavailable } from '../platform/errors.ts';
import type { Secrets, SecretVersion, Stage } from '../platform/secrets.ts';
import { sql } from '../platform/sql.ts';
import { readLogin, setPassword, UnusableSecret } from './login.ts';

/** One call of Secrets Manager: it makes four for a rotation, in this order, and any of them may come twice. */
export interface RotationStep {
  step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  secretArn: string;
  versionId: string;
}

export interface RotationPlaces {
  secrets: Secrets;
  /** As the role that owns the tables and made the logins. */
  owner: Database;
  /** As the login whose secret is rotated, with what is current at the moment of the call. */
  login: Database;
}

/** The rotation cannot go on. Secrets Manager tries again, and then shows it as failed; the message says what to do. */
class RotationFailed extends Error {
  override name = 'RotationFailed';
}

/**
 * Does one step of a rotation (AWS Secrets Manager user guide, "Lambda rotation functions"). The login keeps its name and gets a new password, so
 * between setSecret and the end of finishSecret the current version does not open new connections: functions wait for that, see
 * platform/database.ts.
 *
 * @throws RotationFailed, UnusableSecret, DatabaseUnavailable; errors of the SDK
 */
export async function rotate({ step, secretArn, versionId }: RotationStep, places: RotationPlaces): Promise<void> {
  const stages = (await places.secrets.stages(secretArn))[versionId] ?? [];
  if (stages.includes('AWSCURRENT')) return step === 'finishSecret' ? confirm(secretArn, places.login) : undefined;
  if (!stages.includes('AWSPENDING'))
    throw new RotationFailed(`version ${versionId} of ${secretArn} is not pending: begin another rotation`);
  switch (step) {
    case 'createSecret':
      return createSecret(secretArn, versionId, places.secrets);
    case 'setSecret':
      return setSecret(secretArn, places);
    case 'testSecret':
      return testSecret(secretArn, places);
    case 'finishSecret':
      await places.secrets.promote(secretArn, versionId, (await version(secretArn, places.secrets, 'AWSCURRENT')).id);
      return confirm(secretArn, places.login);
  }
}

async function createSecret(secretArn: string, versionId: string, secrets: Secrets): Promise<void> {
  if ((await secrets.read(secretArn, 'AWSPENDING'))?.id === versionId) return;
  const current = await version(secretArn, secrets, 'AWSCURRENT');
  const { username } = readLogin(secretArn, current.value);
  // 192 bits. What else the secret holds, as where the database is, stays.
  const password = randomBytes(24).toString('base64url');
  await secrets.propose(secretArn, {
    id: versionId,
    value: JSON.stringify({ ...JSON.parse(current.value), username, password }),
  });
}

async function setSecret(secretArn: string, { secrets, owner }: RotationPlaces): Promise<void> {
  const [current, pending] = await Promise.all([
    version(secretArn, secrets, 'AWSCURRENT'),
    version(secretArn, secrets, 'AWSPENDING'),
  ]);
  const login = readLogin(secretArn, pending.value);
  // Whoever can write the secret must not be able to have another role's password changed.
  if (login.username !== readLogin(secretArn, current.value).username)
    throw new RotationFailed(`the pending version of ${secretArn} names another role: put the name back as it was`);
  await assertLogin(owner, login.username);
  await setPassword(owner, login);
}

/**
 * The Data API logs in with the current version and no other: what can be tested before is that the role may log in. Also called when a schedule is
 * made, to test it, with a pending version that may have no value (RotateSecret, API reference: RotateImmediately).
 */
async function testSecret(secretArn: string, { secrets, owner }: RotationPlaces): Promise<void> {
  await assertLogin(owner, readLogin(secretArn, (await version(secretArn, secrets, 'AWSCURRENT')).value).username);
}

async function assertLogin(owner: Database, username: string): Promise<void> {
  const found = await owner.rows<{ may_log_in: boolean }>(sql`
    select rolcanlogin and coalesce(rolvaliduntil > now(), true) as may_log_in from pg_roles where rolname = ${username}`);
  if (found[0]?.may_log_in) return;
  throw new UnusableSecret(
    `role ${username} ${found.length === 0 ? 'does not exist' : 'may not log in'}: deploy the stack, which makes it anew`,
  );
}

/** Whether what is current now opens the database. */
async function confirm(secretArn: string, login: Database): Promise<void> {
  try {
    await login.rows('select 1 as alive');
  } catch (cause) {
    if (!(cause instanceof DatabaseUnavailable)) throw cause;
    throw new RotationFailed(`${secretArn} was rotated and the database does not let it in: rotate it once more`, {
      cause,
    });
  }
}

async function version(secretArn: string, secrets: Secrets, stage: Stage): Promise<SecretVersion> {
  const found = await secrets.read(secretArn, stage);
  if (found) return found;
  throw new RotationFailed(`${secretArn} has no ${stage} version with a value: begin another rotation`);
}
