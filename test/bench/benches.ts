import type { IndexFigures } from './indexes.ts';
import type { ListFigures } from './list.ts';
import type { LoadFigures } from './load/load.ts';
import type { MetadataFigures } from './metadata.ts';
import type { Report as MigrationFigures } from './migrate/report.ts';
import type { RulesFigures } from './rules.ts';
import type { StartReport } from './start/start.ts';

/** What each benchmark finds out. */
export interface Figures {
  list: ListFigures;
  indexes: IndexFigures;
  metadata: MetadataFigures;
  rules: RulesFigures;
  start: StartReport;
  load: LoadFigures;
  migrations: MigrationFigures;
}

/** How often requests and batches of messages are timed, and functions started; how many versions are migrated. */
export interface Effort {
  turns: number;
  pairs: number;
  versions: number;
}

interface Bench<Found> {
  measure(effort: Effort): Promise<Found>;
  print(found: Found): void;
  /** What its goals say against what was found. */
  missed?(found: Found): string[];
}

// Each loads much of its own: only what is asked for.
export const BENCHES: { [Name in keyof Figures]: () => Promise<Bench<Figures[Name]>> } = {
  list: async () => ({
    measure: async ({ turns }) => (await import('./list.ts')).measureList(turns),
    print: (await import('./list-table.ts')).printList,
  }),
  indexes: async () => {
    const { measureIndexes, printIndexes } = await import('./indexes.ts');
    return { measure: ({ turns }) => measureIndexes(turns), print: printIndexes };
  },
  metadata: async () => {
    const { measureMetadata, printMetadata } = await import('./metadata.ts');
    return { measure: ({ turns }) => measureMetadata(turns), print: printMetadata };
  },
  rules: async () => {
    const { measureRules, printRules } = await import('./rules.ts');
    return { measure: async () => measureRules(), print: printRules };
  },
  start: async () => {
    const { measureStarts, printStarts } = await import('./start/start.ts');
    return { measure: ({ pairs }) => measureStarts(pairs), print: printStarts, missed: ({ missed }) => missed };
  },
  load: async () => {
    const { failuresOf, measureLoad } = await import('./load/load.ts');
    const { printLoad } = await import('./load/table.ts');
    return { measure: () => measureLoad({ seconds: 5, most: 256 }), print: printLoad, missed: failuresOf };
  },
  migrations: async () => {
    const { measureMigrations } = await import('./migrate/bench.ts');
    const { printReport } = await import('./migrate/report.ts');
    return { measure: ({ versions }) => measureMigrations({ versions, clients: 3, seed: 1 }), print: printReport };
  },
};
