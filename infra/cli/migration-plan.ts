import { inOrder, lineOf, type Migration, type Phase, type Step } from '../../functions/migrations/migration.ts';
import type { Database } from '../../functions/platform/database.ts';
import type { MigrationsState } from './migrations-state.ts';
import { type Lock, lockOf } from './step-lock.ts';

/** A step that will run. `rows`: about how many a batched one goes through; `seconds`: about how long it takes. */
export interface PlannedStep {
  file: string;
  line: number;
  phase: Phase;
  kind: Step['kind'];
  does: string;
  lock: Lock;
  rows: number;
  seconds: number;
}

/** Versions a second, measured on 100,000 of them, two cores and users at full speed (npm run bench:migrate); with nobody else it is some five times as many. */
const PER_SECOND: Record<Step['kind'], number> = {
  batched: 8_000,
  'no transaction': 200_000,
  long: 300_000,
  transaction: Number.POSITIVE_INFINITY,
};

/** What is left to run, in order, and about how many versions there are. Changes nothing. */
export async function planOf(
  database: Database,
  migrations: Migration[],
  state: MigrationsState,
  through: Phase,
): Promise<{ versions: number; steps: PlannedStep[] }> {
  const sizes = new Map(
    (
      await database.rows<{ name: string; rows: number }>(
        `select relnamespace::regnamespace || '.' || relname as name, greatest(reltuples, 0)::bigint as rows from pg_class
          where relnamespace in (to_regnamespace('public'), to_regnamespace('version_history')) and relkind = 'r'
            and relname like 'project\\_versions%'`,
      )
    ).map(({ name, rows }) => [name, rows]),
  );
  const versions = sizes.get('public.project_versions') ?? 0;
  const known = new Map(state.migrations.map((migration) => [migration.name, migration]));
  const left = inOrder(migrations, through, state.old).flatMap(({ name, phase, steps }) => {
    const { step: next = 0, batch = null } = known.get(name) ?? {};
    return steps.slice(next).map((step, index) => ({ name, phase, step, done: index === 0 ? (batch?.done ?? 0) : 0 }));
  });
  const steps = left.map(async ({ name, phase, step, done }): Promise<PlannedStep> => {
    const first = step.kind === 'transaction' ? step.statements[0] : step.statement;
    const more =
      step.kind === 'transaction' && step.statements.length > 1 ? ` (and ${step.statements.length - 1} more)` : '';
    // Of a table that the same migrations make: as many as there are versions.
    const over = step.kind === 'batched' && step.over ? Math.max(0, (sizes.get(step.over) ?? versions) - done) : 0;
    const touched = step.kind === 'batched' ? over : versions;
    return {
      file: `migrations/${name}`,
      line: lineOf(step),
      phase,
      kind: step.kind,
      does: `${(first?.sql ?? '').split('\n', 1)[0]?.slice(0, 70)}${more}`,
      lock: await lockOf(step),
      rows: over,
      seconds: Math.round(touched / PER_SECOND[step.kind]),
    };
  });
  return { versions, steps: await Promise.all(steps) };
}
