import type { Migration, Step } from '../../../functions/migrations/migration.ts';
import type { Log } from '../../../functions/migrations/slice.ts';
import { ProgressBar } from '../../../infra/local/progress.ts';

/** Of one step: `ms` from its first batch to its end, rests included. `rows` of batched steps alone; `batchMs` is what their statements took together. */
export interface StepFigures {
  step: string;
  ms: number;
  rows: number | null;
  batches: number;
  batchMs: number;
}

/** Fewer rows than that are gone through before anybody looks. */
const WORTH_A_BAR = 20_000;

/** Takes what the runner logs, makes figures of it, and shows how far the long steps are. */
export class StepLog implements Log {
  readonly #migrations: Migration[];
  readonly #steps = new Map<string, StepFigures & { began: number }>();
  #bar: { of: string; bar: ProgressBar; left: number } | undefined;

  constructor(migrations: Migration[]) {
    this.#migrations = migrations;
  }

  info(message: string, fields: Record<string, unknown>): void {
    const { migration, step, ms, rows, total } = fields as { migration: string; step: number } & Record<string, number>;
    if (message === 'migration step done') this.#step(migration, step, ms ?? 0);
    if (message !== 'migration batch done') return;
    const figures = this.#step(migration, step, ms ?? 0);
    figures.batches += 1;
    figures.batchMs += ms ?? 0;
    figures.rows = (figures.rows ?? 0) + (rows ?? 0);
    if (total && total >= WORTH_A_BAR) this.#show(figures.step, rows ?? 0, total);
  }

  warn(message: string, fields: Record<string, unknown>): void {
    console.error(message, fields);
  }

  /** In the order in which they began. */
  figures(): StepFigures[] {
    return [...this.#steps.values()].map(({ began: _, ...figures }) => figures);
  }

  #step(migration: string, step: number, ms: number) {
    const key = `${migration} ${step}`;
    const now = performance.now();
    const known = this.#steps.get(key) ?? {
      ...{ step: this.#name(migration, step), ms: 0, rows: null, batches: 0, batchMs: 0, began: now - ms },
    };
    known.ms = now - known.began;
    this.#steps.set(key, known);
    return known;
  }

  /** The file's number, and what the step is about. */
  #name(migration: string, number: number): string {
    const step = this.#migrations.find(({ name }) => name === migration)?.steps[number - 1];
    return `${migration.slice(0, 3)} ${step ? subject(step) : number}`;
  }

  #show(of: string, rows: number, total: number): void {
    if (this.#bar?.of !== of) this.#bar = { of, bar: new ProgressBar(of, total, process.stderr), left: total };
    // An estimate may be too low.
    const more = Math.min(rows, this.#bar.left);
    this.#bar.left -= more;
    if (more > 0) this.#bar.bar.tick(more);
  }
}

/** The function that does a batch, with the table it is told; what the catalog is to have; or the first words. */
function subject(step: Step): string {
  if (step.kind === 'transaction') return (step.statements[0]?.sql ?? '').split(/\s+/).slice(0, 7).join(' ');
  if (step.kind !== 'batched')
    return step.goal.what === 'valid constraints'
      ? step.goal.what
      : `${step.goal.what}: ${step.goal.bare.replace('project_versions_', '')}`;
  const [, batch = '', table] = /version_history\.(\w+)_batch\((?:'(\w+)')?/.exec(step.statement.sql) ?? [];
  return [batch.replaceAll('_', ' '), table].filter(Boolean).join(': ');
}
