import type { Migration, Phase } from '../../functions/migrations/migration.ts';
import { rollBack } from '../../functions/migrations/rollback.ts';
import { applyMigrations } from '../../functions/migrations/runner.ts';
import { Database } from '../../functions/platform/database.ts';
import { compileMigrations, compileRollback } from '../compile-migrations.ts';
import { UsageError } from '../local/cli.ts';
import { ASKS, ASKS_USAGE, operate } from './command.ts';
import { confirm } from './confirm.ts';
import { runToEnd } from './migrate-run.ts';
import { showPlan, showStatus, showVerification } from './migrate-show.ts';
import { verify } from './migrate-verify.ts';
import { planOf } from './migration-plan.ts';
import { stateOf, unfinished } from './migrations-state.ts';

const USAGE = `How far the database of a stack is with its migrations, and takes it further as a deployment would.

  npm run migrate -- status    what is applied, how far and how fast the rest is, and who is at work
  npm run migrate -- plan      what is left, step by step: who waits for it, and about how long it takes
  npm run migrate -- up        applies what is left, the backfill too; broken off, it goes on where it was
  npm run migrate -- verify    was everything carried over? compares the old table with the new one, and changes nothing
  npm run migrate -- contract  drops the old table, or says why not yet: then there is no way back
  npm run migrate -- rollback  the way back: the old table alone has the metadata again, what came since included

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
  console.log(json ? JSON.stringify(planned) : showPlan(planned));
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
    const { migrations: states } = await stateOf(database, migrations);
    const contracted = states.some(({ phase, state }) => phase === 'contract' && state === 'applied');
    process.exitCode = contracted ? 0 : SOMETHING_LEFT;
    const reason = contracted
      ? 'the old table is dropped'
      : 'the metadata is not carried over yet: npm run migrate -- up';
    return console.log(json ? JSON.stringify({ nothingToCompare: reason }) : `Nothing to compare: ${reason}.`);
  }
  if (found.unaccounted > 0 || found.columns.some(({ lost }) => lost > 0)) process.exitCode = 1;
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

const ACTS: Record<string, Act> = {
  status,
  plan,
  up: apply('backfill', 'Apply what is left?'),
  verify: verification,
  contract: apply('contract', 'Drop the old table? There is no way back then.'),
  rollback,
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
