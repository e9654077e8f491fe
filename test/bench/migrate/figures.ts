import type { TestDatabase } from '../../support/owned-database.ts';
import type { Wrong } from './compare.ts';
import type { LockWait } from './lock-waits.ts';
import type { Kind } from './requests.ts';
import { AFTERWARDS, BEFORE, behindMigration, MEANWHILE, type UnderLoad } from './under-load.ts';

/** Of one kind of request; milliseconds. */
export interface RequestFigures {
  requests: number;
  failed: number;
  p50: number;
  p99: number;
  longest: number;
}

/** What a way to migrate costs those who use the database meanwhile. Times in milliseconds. */
export interface Figures {
  totalMs: number;
  partsMs: Record<string, number>;
  longestWaitMs: number;
  longestWait: LockWait | undefined;
  longestWaitOthersMs: number;
  longestWaitBehindMs: number;
  waits: number;
  failed: number;
  failures: Record<string, number>;
  before: Record<string, RequestFigures>;
  meanwhile: Record<string, RequestFigures>;
  afterwards: Record<string, RequestFigures>;
  wrong: Wrong[];
  wrongRows: number;
}

/** Makes figures of what was seen. */
export function figuresOf(
  test: TestDatabase,
  { load, waits }: UnderLoad<unknown>,
  partsMs: Record<string, number>,
  wrong: Wrong[],
): Figures {
  const failures: Record<string, number> = {};
  for (const [name, kind] of Object.entries(load.stages[MEANWHILE] ?? {}))
    for (const [words, times] of Object.entries(kind.failures)) failures[`${name}: ${words}`] = times;
  return {
    totalMs: Object.values(partsMs).reduce((sum, ms) => sum + ms, 0),
    partsMs,
    longestWaitMs: longest(waits.meanwhile),
    longestWait: waits.meanwhile[0],
    longestWaitOthersMs: Math.max(longest(waits.before), longest(waits.afterwards)),
    longestWaitBehindMs: longest(behindMigration(test, waits.meanwhile)),
    waits: waits.meanwhile.length,
    failed: Object.values(failures).reduce((sum, times) => sum + times, 0),
    failures,
    before: requestFigures(load.stages[BEFORE]),
    meanwhile: requestFigures(load.stages[MEANWHILE]),
    afterwards: requestFigures(load.stages[AFTERWARDS]),
    wrong,
    wrongRows: wrong.reduce((sum, { rows }) => sum + rows, 0),
  };
}

const longest = (waits: LockWait[]): number => waits[0]?.ms ?? 0;

const requestFigures = (kinds: Record<string, Kind> = {}): Record<string, RequestFigures> =>
  Object.fromEntries(
    Object.entries(kinds)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, { ms, failures }]) => {
        const sorted = ms.toSorted((one, other) => one - other);
        const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
        const failed = Object.values(failures).reduce((sum, times) => sum + times, 0);
        return [name, { requests: ms.length, failed, p50: at(0.5), p99: at(0.99), longest: at(1) }];
      }),
  );

/** Milliseconds a statement of a client may wait for a lock. */
const LONGEST_WAIT_MS = 250;

/** What the migrations promise, and whether they kept it. */
export const goalsOf = (ours: Figures) => ({
  longestWait: { goal: `< ${LONGEST_WAIT_MS} ms`, met: ours.longestWaitMs < LONGEST_WAIT_MS },
  failed: { goal: '0', met: ours.failed === 0 },
  wrongRows: { goal: '0', met: ours.wrongRows === 0 },
});
