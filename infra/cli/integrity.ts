import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Catalog } from '../../functions/integrity/catalog.ts';
import { checkIntegrity, type Integrity } from '../../functions/integrity/check.ts';
import { type Finding, KINDS, type Kind } from '../../functions/integrity/finding.ts';
import { Database } from '../../functions/platform/database.ts';
import { ProgressBar } from '../local/progress.ts';
import { operate } from './command.ts';
import { table } from './table.ts';
import type { Target } from './target.ts';

const USAGE = `Checks a stack's database for violations of what the system promises, as CheckIntegrity does on a schedule. It changes nothing.

  npm run integrity

`;

const AFTER = 'Exit code 0: no findings. 1: findings. 2: wrong usage. 3: no findings, but the check is incomplete.';

const NOT_ALL = 3;

const number = (value: number): string => value.toLocaleString('en');

/** With the login the function has: what it may not see, this does not either. */
const workerOf = ({ clusterArn, workerSecretArn: secretArn, database, dataApi: client }: Target): Database =>
  new Database({ clusterArn, secretArn, database, client });

/** By the statistics: counting them takes longer than looking at them. */
async function aboutHowMany(database: Database): Promise<number> {
  const [row] = await database.rows<{ versions: number }>(
    `select greatest(reltuples, 1)::bigint as versions from pg_class where oid = to_regclass('public.project_versions')`,
  );
  return row?.versions ?? 1;
}

function show(target: Target, { findings, state, versions, notLookedAt }: Integrity): string {
  const looked = `${number(versions)} versions of ${target.name}, migrations: ${state ?? 'under way'}`;
  const lines = [
    findings.total === 0 ? `Nothing is wrong: ${looked}.` : `${number(findings.total)} findings: ${looked}.`,
    ...notLookedAt.map((what) => `Not checked: ${what}.`),
  ];
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const count = findings.counts[kind];
    const listed = findings.listed.filter((finding) => finding.kind === kind);
    if (count === 0) continue;
    lines.push('', `${kind}, ${number(count)}: ${KINDS[kind].means}`, tableOf(kind, listed));
    if (count > listed.length) lines.push(`  ... and ${number(count - listed.length)} more`);
    lines.push(`  What to do: ${KINDS[kind].next}.`);
  }
  return lines.join('\n');
}

const tableOf = (kind: Kind, findings: Finding[]): string =>
  kind === 'schema'
    ? table(
        ['OBJECT', 'WHAT'],
        findings.map(({ object = '', detail }) => [object, detail]),
      )
    : table(
        ['PROJECT', 'VERSIONS', 'WHAT'],
        findings.map(({ projectId = '', versionIds = [], detail }) => [projectId, versionIds.join(', '), detail]),
      );

await operate({ usage: USAGE, options: {}, after: AFTER }, async ({ values: { json }, target: find }) => {
  const target = await find({ maxAttempts: 1 });
  const database = workerOf(target);
  const bar = json ? undefined : new ProgressBar('Looking at versions', await aboutHowMany(database), process.stderr);
  const catalog = JSON.parse(
    await readFile(join(import.meta.dirname, '../../migrations/catalog.json'), 'utf8'),
  ) as Catalog;
  const integrity = await checkIntegrity({ database, catalog, onPage: (versions) => bar?.tick(versions) });
  bar?.end();
  const { findings, notLookedAt, ...rest } = integrity;
  if (findings.total > 0) process.exitCode = 1;
  else if (notLookedAt.length > 0) process.exitCode = NOT_ALL;
  const { total, counts, listed } = findings;
  console.log(
    json ? JSON.stringify({ ...rest, notLookedAt, total, counts, findings: listed }) : show(target, integrity),
  );
});
