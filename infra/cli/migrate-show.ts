import type { Decision } from '../../functions/migrations/takeover/decide.ts';
import { oneLine } from '../../functions/platform/text.ts';
import { duration } from './duration.ts';
import type { Verification } from './migrate-verify.ts';
import type { PlannedStep } from './migration-plan.ts';
import { type MigrationState, type MigrationsState, unfinished } from './migrations-state.ts';
import type { OldSystem } from './old-system.ts';
import { whoWaits } from './step-lock.ts';
import { table } from './table.ts';

const number = (value: number): string => value.toLocaleString('en');

/** How far a database is, for a person. */
export function showStatus(state: MigrationsState): string {
  const rows = state.migrations.map((migration) => [
    migration.name,
    migration.phase,
    migration.phase === 'contract' && migration.state === 'not applied' ? 'on request' : migration.state,
    `${migration.step} of ${migration.of}`,
    progress(migration),
  ]);
  const lines = [table(['MIGRATION', 'PHASE', 'STATE', 'STEPS', 'ROWS'], rows)];
  if (state.ahead.length > 0) lines.push('', `Applied, and not known here: ${state.ahead.join(', ')}.`);
  if (state.rolledBack) lines.push('', 'Taken back: a deployment, or npm run migrate -- up, begins anew.');
  if (state.holder) lines.push('', `At work: ${oneLine(state.holder)}.`);
  else if (unfinished(state).length > 0) lines.push('', 'Next: npm run migrate -- plan, then up');
  return lines.join('\n');
}

function progress({ rows, batch }: MigrationState): string {
  if (batch === null) return rows > 0 ? number(rows) : '';
  const share = batch.total ? ` of about ${number(batch.total)}` : '';
  const rate = batch.rowsPerSecond === null ? '' : `, ${number(batch.rowsPerSecond)}/s`;
  const left = batch.secondsLeft === null ? '' : `, ${duration(batch.secondsLeft)} left`;
  return `${number(batch.done)}${share}${rate}${left}`;
}

const WHEN = {
  expand: 'The deployment waits for these',
  backfill: 'Beside the running system',
  contract: 'Only with npm run migrate -- contract, or a deployment with -c contractMigrations=true',
};

/** What is left, for a person. */
export function showPlan({ versions, steps }: { versions: number; steps: PlannedStep[] }): string {
  const usual = steps.filter(({ phase }) => phase !== 'contract').length;
  const lines = [
    usual === 0
      ? 'Everything is applied that nobody has to ask for.'
      : `${usual} steps are left, on about ${number(versions)} versions.`,
  ];
  let last = '';
  for (const { file, line, phase, does, lock, seconds } of steps) {
    if (phase !== last) lines.push('', `${WHEN[phase]}:`);
    last = phase;
    lines.push(
      `  ${`${file}:${line}`.padEnd(52)} ${seconds > 0 ? `about ${duration(seconds)}` : 'at once'}`,
      `    ${does}`,
      `    ${lock}: ${whoWaits(lock)}`,
    );
  }
  return lines.join('\n');
}

const MEANS: Record<Decision['decision'], string> = {
  stays: 'stays',
  carried: 'carried over',
  cast: 'carried over, with a cast',
  kept: 'kept in the old table',
  refused: 'REFUSED',
};

/** What becomes of every column of the old tables, and what the contract would touch, for a person. */
export function showTakeover({ columns, refusals, dependents }: OldSystem): string[] {
  if (columns.length === 0 && refusals.length === 0) return [];
  const lines = [
    '',
    'The tables of an old system are there. What becomes of their columns:',
    table(
      ['COLUMN', 'TYPE', 'DECISION', 'INTO', 'NOTE'],
      columns.map(({ table, column, type, decision, into, note }) => [
        `${table.replace('public.', '')}.${column}`,
        type,
        MEANS[decision],
        into === column ? '' : (into ?? ''),
        note,
      ]),
    ),
  ];
  if (refusals.length > 0)
    lines.push('', 'In the way; nothing is changed before it is mended:', ...refusals.map((each) => `- ${each}`));
  const touched = showContract(dependents);
  if (touched.length > 0) lines.push('', 'What npm run migrate -- contract will touch:', ...touched);
  return lines;
}

/** What the contract changes for others, a line each. */
export const showContract = ({ views, foreignKeys, functions }: OldSystem['dependents']): string[] => [
  ...views.map((view) => `- view ${view} then reads a table that gets no rows any more`),
  ...foreignKeys.map((key) => `- foreign key ${key} is dropped`),
  ...functions.map((name) => `- function ${name} names the old table, which is not in schema public then`),
];

/** Whether everything was carried over, for a person. */
export function showVerification({ columns, findings }: Verification): string {
  return [
    'Carried over, compared with the backups:',
    table(
      ['COLUMN', 'VERSIONS', 'HAD A VALUE', 'HAVE ONE', 'LOST'],
      columns.map(({ column, versions, expected, found, lost, example }) => [
        column,
        number(versions),
        number(expected),
        number(found),
        lost > 0 ? `${number(lost)}, for one ${example}` : '0',
      ]),
    ),
    '',
    'Found, and what was decided (version_history.takeover_report has each):',
    findings.length === 0
      ? '  nothing'
      : table(
          ['KIND', 'FOUND', 'FOR ONE', 'DECIDED'],
          findings.map(({ kind, findings, example, decided }) => [kind, number(findings), example ?? '', decided]),
        ),
  ].join('\n');
}
