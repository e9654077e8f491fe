import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Version } from '../../../functions/page/api.ts';
import { marksOf } from '../../../functions/page/chart-marks.ts';
import { appended, buildTime, refreshed, type Timeline } from '../../../functions/page/timeline.ts';
import { runs } from '../../support/effort.ts';

/** Version `number` of a project; the higher, the newer. `state` tells one look at it from another. */
const version = (number: number, state = 0): Version =>
  ({
    id: `01J${String(number).padStart(23, '0')}`,
    createdAt: new Date(Date.UTC(2026, 0, 1) + Math.floor(number / 3) * 60_000).toISOString(),
    name: `state ${state}`,
  }) as Version;

/** A page of what the project holds: `numbers`, newest first, up to `limit` after `cursor`. */
function page(numbers: number[], state: number, limit: number, cursor: string | null = null): Timeline {
  const from = cursor === null ? 0 : numbers.findIndex((number) => number < Number(cursor));
  const shown = from === -1 ? [] : numbers.slice(from, from + limit);
  const goesOn = from !== -1 && from + limit < numbers.length;
  return { versions: shown.map((number) => version(number, state)), nextCursor: goesOn ? String(shown.at(-1)) : null };
}

const descending = (numbers: number[]) => [...new Set(numbers)].sort((one, other) => other - one);
const history = fc.array(fc.nat(200), { minLength: 1, maxLength: 60 }).map(descending);

describe('a timeline', () => {
  it('walked to its end has every version once, newest first, whatever was added meanwhile', () => {
    fc.assert(
      fc.property(history, fc.array(fc.integer({ min: 201, max: 300 }), { maxLength: 5 }), (numbers, added) => {
        let timeline = page(numbers, 0, 7);
        const now = descending([...added, ...numbers]);
        while (timeline.nextCursor !== null) timeline = appended(timeline, page(now, 0, 7, timeline.nextCursor));
        expect(timeline.versions.map(({ id }) => id)).toEqual(numbers.map((number) => version(number).id));
      }),
      runs(200),
    );
  });

  it('whose beginning is read again holds what is new there, no longer what is gone, and all that is older', () => {
    fc.assert(
      fc.property(
        history,
        fc.array(fc.integer({ min: 201, max: 300 }), { maxLength: 5 }),
        fc.array(fc.nat(200), { maxLength: 5 }),
        fc.integer({ min: 1, max: 80 }),
        (numbers, added, gone, loaded) => {
          const before = page(numbers, 0, loaded);
          const now = descending([...added, ...numbers]).filter((number) => !gone.includes(number));
          const fresh = page(now, 1, 20);
          const { versions, nextCursor } = refreshed(before, fresh);
          const ids = versions.map(({ id }) => id);
          expect(new Set(ids).size, 'once').toBe(ids.length);
          expect(versions.slice(0, fresh.versions.length)).toEqual(fresh.versions);
          const last = fresh.versions.at(-1)?.id ?? '';
          const older = before.versions.filter(({ id }) => fresh.nextCursor !== null && id < last);
          expect(ids.slice(fresh.versions.length)).toEqual(older.map(({ id }) => id));
          expect(nextCursor).toBe(older.length > 0 ? before.nextCursor : fresh.nextCursor);
        },
      ),
      runs(300),
    );
  });
});

describe('a build', () => {
  const built = { type: 'minor', createdAt: '2026-01-01T00:00:00Z', deployedAt: '2026-01-01T00:00:42Z' } as const;

  it('took from its start until it was deployed, when something was built and that is known', () => {
    expect(buildTime(built)).toBe(42_000);
    expect(buildTime({ ...built, deployedAt: null })).toBeNull();
    expect(buildTime({ ...built, deployedAt: built.createdAt })).toBeNull();
    expect(buildTime({ ...built, type: 'rollback' })).toBeNull();
  });

  it('is on the chart below a round time that none exceeds, the oldest on the left', () => {
    const versions = [version(3), version(2), version(1)].map((each) => ({ ...each, ...built }));
    const { marks, top } = marksOf(versions, 2);
    expect(top).toBe(60_000);
    expect(marks.map(({ version: { id }, x, y }) => [id, x, y])).toEqual([
      [version(2).id, 0.25, 0.7],
      [version(3).id, 0.75, 0.7],
    ]);
  });
});
