import { userInfo } from 'node:os';
import type { Migration } from '../../functions/migrations/migration.ts';
import { applyMigrations } from '../../functions/migrations/runner.ts';
import { Database } from '../../functions/platform/database.ts';
import { compileMigrations } from '../compile-migrations.ts';
import { parseCommand, runCommand, UsageError } from '../local/cli.ts';
import { DEFAULT_DATA_DIR } from '../local/endpoints.ts';
import { ProgressBar } from '../local/progress.ts';
import { confirm } from './confirm.ts';
import { planOf } from './migration-plan.ts';
import { type MigrationsState, stateOf } from './migrations-state.ts';
import { whoWaits } from './step-lock.ts';
import { table } from './table.ts';
import { targetOf } from './target.ts';

const USAGE = `How far the database of a stack is with its migrations, and takes it further as a deployment would.

  npm run migrate -- status    what is applied, and who is at work; exit code 3 when something is left
  npm run migrate -- plan      what is left, step by step: who waits for it, and about how long it takes
  npm run migrate -- up        applies what is left; broken off, it goes on where it was

  --stack NAME  a deployed stack, with your shell's AWS credentials and region (default: the one on this machine)
  --data DIR    where the one on this machine has its data (default .local)
  --yes         do not ask
  --json        for scripts
  --help        this text

The logins of the functions are made by a deployment, not here.`;

/** Something is left to apply: neither a success nor a failure. */
const SOMETHING_LEFT = 3;
/** One slice of the work; the lease is renewed all along. */
const SLICE_MS = 30_000;

interface Options {
  yes: boolean;
  json: boolean;
}

await runCommand(async () => {
  const { values, positionals } = parseCommand(process.argv.slice(2), {
    stack: { type: 'string' },
    data: { type: 'string', default: DEFAULT_DATA_DIR },
    yes: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  });
  if (values.help) return console.log(USAGE);
  const act = { status, plan, up }[positionals[0] ?? 'status'];
  if (!act) throw new UsageError(`got "${positionals[0]}", allowed is status, plan or up`);
  const { clusterArn, secretArn, database: name, dataApi: client } = await targetOf(values.stack, values.data);
  await act(new Database({ clusterArn, secretArn, database: name, client }), await compileMigrations(), values);
});

/** Steps that are not done. */
function left({ migrations }: MigrationsState): number {
  return migrations.reduce((sum, { step, of }) => sum + of - step, 0);
}

async function status(database: Database, migrations: Migration[], { json }: Options): Promise<void> {
  const state = await stateOf(database, migrations);
  if (left(state) > 0) process.exitCode = SOMETHING_LEFT;
  if (json) return console.log(JSON.stringify(state));
  const rows = state.migrations.map(({ name, state: how, step, of, rows }) => [
    name,
    how,
    `${step} of ${of}`,
    rows > 0 ? rows.toLocaleString('en') : '',
  ]);
  console.log(table(['MIGRATION', 'STATE', 'STEPS', 'ROWS'], rows));
  if (state.ahead.length > 0) console.log(`\nApplied, and not known here: ${state.ahead.join(', ')}.`);
  if (state.holder) console.log(`\nAt work: ${state.holder}.`);
  else if (left(state) > 0) console.log('\nNext: npm run migrate -- plan');
}

async function plan(database: Database, migrations: Migration[], { json }: Options): Promise<void> {
  const planned = await planOf(database, migrations, await stateOf(database, migrations));
  if (json) return console.log(JSON.stringify(planned));
  if (planned.steps.length === 0) return console.log('Everything is applied.');
  console.log(`${planned.steps.length} steps are left, on about ${planned.versions.toLocaleString('en')} versions:`);
  for (const { file, line, does, lock, seconds } of planned.steps)
    console.log(
      `  ${`${file}:${line}`.padEnd(52)} ${seconds > 0 ? `about ${seconds} s` : 'at once'}\n    ${does}\n    ${lock}: ${whoWaits(lock)}`,
    );
}

async function up(database: Database, migrations: Migration[], { yes, json }: Options): Promise<void> {
  const before = left(await stateOf(database, migrations));
  if (before > 0 && !(await confirm(`Apply ${before} steps? (npm run migrate -- plan shows them)`, yes))) {
    process.exitCode = 1;
    return;
  }
  const bar = json || before === 0 ? undefined : new ProgressBar('Migrating', before);
  const log = {
    info: (message: string) => message === 'migration step done' && bar?.tick(),
    warn: (message: string, fields: Record<string, unknown>) =>
      process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  };
  const holder = `npm run migrate by ${userInfo().username}, process ${process.pid}`;
  for (let waiting = ''; ; ) {
    const outcome = await applyMigrations({
      database,
      migrations,
      through: 'backfill',
      holder,
      until: Date.now() + SLICE_MS,
      log,
    });
    if (outcome.complete) return console.log(json ? JSON.stringify(outcome) : done(outcome.applied));
    if (outcome.waiting !== waiting) process.stderr.write(`${outcome.waiting}\n`);
    waiting = outcome.waiting;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

function done(applied: string[]): string {
  return applied.length === 0 ? 'Everything was applied before.' : `Applied: ${applied.join(', ')}.`;
}
