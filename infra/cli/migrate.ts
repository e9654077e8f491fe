import { MigrationFailed } from '../../functions/migrations/failure.ts';
import type { Migration, Phase } from '../../functions/migrations/migration.ts';
import { rollBack } from '../../functions/migrations/rollback.ts';
import { applyMigrations } from '../../functions/migrations/runner.ts';
import { Database } from '../../functions/platform/database.ts';
import { compileMigrations, compileRollback } from '../build/compile-migrations.ts';
import { UsageError } from '../local/cli.ts';
import { ASKS, ASKS_USAGE, operate } from './command.ts';
import { confirm } from './confirm.ts';
import { dropTables, keptTables, viewsOf } from './kept-tables.ts';
import { runToEnd } from './migrate-run.ts';
import { showContract, showPlan, showStatus, showTakeover, showVerification } from './migrate-show.ts';
import { verify } from './migrate-verify.ts';
import { planOf } from './migration-plan.ts';
import { stateOf, unfinished } from './migrations-state.ts';
import { readOldSystem } from './old-system.ts';

const USAGE = `Shows which migrations a stack has applied, and applies the rest as a deployment would.

  npm run migrate -- status    what is applied, how far and how fast the rest is, and who is at work
  npm run migrate -- plan      what is left, step by step: who waits for it, and about how long it takes; and what becomes of
                               each column of an old system's tables
  npm run migrate -- up        applies what is left, the backfill too; broken off, it goes on where it was

Where the tables of an old system were found:

  npm run migrate -- verify    was everything carried over? compares every version with the backups, and changes nothing
  npm run migrate -- contract  moves the old table into schema version_history, or says why not yet: then there is no way back
  npm run migrate -- rollback  the way back: the old table alone has the metadata again, what came since included
  npm run migrate -- forget-backups
                               drops the backups, the old table and the report, after the contract

${ASKS_USAGE}`;

const AFTER = `Exit code 0: done, or nothing left. 1: failed, or not confirmed, or verify found something. 2: not understood. 3: something is left to apply.
The logins of the functions are made by a deployment, not here.`;

/** Something is left to apply: neither a success nor a failure. */
const SOMETHING_LEFT = 3;

interface Options {
  yes: boolean;
  json: boolean;
}

type Act = (database: Database, migrations: Migration[], options: Options) => Promise<void>;

const status: Act = async (database, migrations, { json }) => {
  const state = await stateOf(database, migrations);
  if (unfinished(state).length > 0) process.exitCode = SOMETHING_LEFT;
  console.log(json ? JSON.stringify(state) : showStatus(state));
};

const plan: Act = async (database, migrations, { json }) => {
  const state = await stateOf(database, migrations);
  if (unfinished(state).length > 0) process.exitCode = SOMETHING_LEFT;
  const planned = await planOf(database, migrations, state, 'contract');
  const old = await readOldSystem(database);
  if (old.refusals.length > 0) process.exitCode = 1;
  console.log(json ? JSON.stringify({ ...planned, ...old }) : [showPlan(planned), ...showTakeover(old)].join('\n'));
};

/** Applies everything up to a phase. */
const apply =
  (through: Phase, question: string): Act =>
  async (database, migrations, { yes, json }) => {
    const state = await stateOf(database, migrations);
    const { steps } = await planOf(database, migrations, state, through);
    if (steps.length > 0 && !(await confirm(`${question} (${steps.length} steps; npm run migrate -- plan)`, yes))) {
      process.exitCode = 1;
      return;
    }
    const applied = await runToEnd(database, steps, { label: 'Migrating', quiet: json }, (slice) =>
      applyMigrations({ ...slice, migrations, through }),
    );
    if (json) return console.log(JSON.stringify({ complete: true, applied }));
    console.log(applied.length === 0 ? 'Everything was applied before.' : `Applied: ${applied.join(', ')}.`);
  };

const verification: Act = async (database, migrations, { json }) => {
  const found = await verify(database, json);
  if (!found) {
    const left = unfinished(await stateOf(database, migrations)).length > 0;
    process.exitCode = left ? SOMETHING_LEFT : 0;
    const reason = left
      ? 'not everything is applied yet: npm run migrate -- up'
      : 'no old system was taken over, or its table is set aside';
    return console.log(json ? JSON.stringify({ nothingToCompare: reason }) : `Nothing to compare: ${reason}.`);
  }
  if (found.columns.some(({ lost }) => lost > 0)) process.exitCode = 1;
  console.log(json ? JSON.stringify(found) : showVerification(found));
};

const rollback: Act = async (database, migrations, { yes, json }) => {
  const question =
    'Carry all metadata back into the old table, out of project_versions? Users should be back at the old system before.';
  if (!(await confirm(question, yes))) {
    process.exitCode = 1;
    return;
  }
  const file = await compileRollback();
  const { versions } = await planOf(database, migrations, await stateOf(database, migrations), 'expand');
  const steps = file.steps.map(({ kind }) => ({ rows: kind === 'batched' ? versions : 0 }));
  await runToEnd(database, steps, { label: 'Going back', quiet: json }, (slice) => rollBack(file, slice));
  console.log(
    json
      ? JSON.stringify({ complete: true })
      : 'The old table alone has the metadata again. A deployment, or npm run migrate -- up, carries it over anew.',
  );
};

const contract: Act = async (database, migrations, options) => {
  const { dependents } = await readOldSystem(database);
  const question = ['Set the old table aside? There is no way back then.', ...showContract(dependents)].join('\n');
  await apply('contract', question)(database, migrations, options);
};

const forgetBackups: Act = async (database, migrations, { yes, json }) => {
  const kept = await keptTables(database);
  const { migrations: states } = await stateOf(database, migrations);
  if (states.some(({ phase, state }) => phase === 'contract' && state !== 'applied'))
    throw new MigrationFailed('the backups are needed until the old table is set aside: npm run migrate -- contract');
  if (kept.length === 0) return console.log(json ? JSON.stringify({ dropped: [] }) : 'There are no backups.');
  const views = await viewsOf(database, kept);
  if (views.length > 0)
    throw new MigrationFailed(
      `view ${views.join(', ')} reads what would be dropped: drop it, or have it read something else`,
    );
  const question =
    `Drop ${kept.join(', ')}? With them go the rows as they were before the takeover, the columns of the old table that this system does not know, ` +
    'its rows that belong to no version, and the list of what was odd: npm run integrity then names it again.';
  if (!(await confirm(question, yes))) {
    process.exitCode = 1;
    return;
  }
  await dropTables(database, kept);
  console.log(json ? JSON.stringify({ dropped: kept }) : `Dropped: ${kept.join(', ')}.`);
};

const ACTS: Record<string, Act> = {
  status,
  plan,
  up: apply('backfill', 'Apply what is left?'),
  verify: verification,
  contract,
  rollback,
  'forget-backups': forgetBackups,
};

await operate(
  { usage: USAGE, options: ASKS, words: true, after: AFTER },
  async ({ values, words: [word = 'status', ...more], target }) => {
    const act = ACTS[word];
    if (!act || more.length > 0)
      throw new UsageError(`got "${[word, ...more].join(' ')}", allowed is one of ${Object.keys(ACTS).join(', ')}`);
    // No retries inside the SDK: it would repeat a statement in a transaction that has it already. The runner repeats the whole step.
    const { clusterArn, secretArn, database, dataApi: client } = await target({ maxAttempts: 1 });
    await act(new Database({ clusterArn, secretArn, database, client }), await compileMigrations(), values);
  },
);
