import { lineOf, type Migration, type Step } from '../../functions/migrations/migration.ts';
import type { Database } from '../../functions/platform/database.ts';
import type { MigrationsState } from './migrations-state.ts';
import { type Lock, lockOf } from './step-lock.ts';

/** A step that will run. `seconds`: about how long, by the size of project_versions. */
export interface PlannedStep {
  file: string;
  line: number;
  kind: Step['kind'];
  does: string;
  lock: Lock;
  seconds: number;
}

/** Versions a second: 50,000 and 600,000 were measured, on 200,000 of them and two cores with nobody else; a database at work takes longer. */
const PER_SECOND: Record<Step['kind'], number> = {
  batched: 40_000,
  'no transaction': 500_000,
  long: 5_000_000,
  transaction: Number.POSITIVE_INFINITY,
};

/** What is left to run, step by step, and about how many versions there are. Changes nothing. */
export async function planOf(
  database: Database,
  migrations: Migration[],
  state: MigrationsState,
): Promise<{ versions: number; steps: PlannedStep[] }> {
  const [{ versions } = { versions: 0 }] = await database.rows<{ versions: number }>(
    `select coalesce((select greatest(reltuples, 0)::bigint from pg_class where oid = to_regclass('public.project_versions')), 0) as versions`,
  );
  const left = migrations.flatMap(({ name, steps }, index) =>
    steps.slice(state.migrations[index]?.step ?? 0).map((step) => ({ name, step })),
  );
  const steps = left.map(async ({ name, step }): Promise<PlannedStep> => {
    const first = step.kind === 'transaction' ? step.statements[0] : step.statement;
    const more =
      step.kind === 'transaction' && step.statements.length > 1 ? ` (and ${step.statements.length - 1} more)` : '';
    return {
      file: `migrations/${name}`,
      line: lineOf(step),
      kind: step.kind,
      does: `${(first?.sql ?? '').split('\n', 1)[0]?.slice(0, 70)}${more}`,
      lock: await lockOf(step),
      seconds: Math.round(versions / PER_SECOND[step.kind]),
    };
  });
  return { versions, steps: await Promise.all(steps) };
}
