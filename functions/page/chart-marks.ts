import type { Version } from './api.ts';
import { buildTime } from './timeline.ts';

/** One version on the chart. `x` and `y` are shares of its width and height, from the left and from below. */
export interface Mark {
  version: Version;
  x: number;
  /** null: how long the build took is not known. */
  y: number | null;
  milliseconds: number | null;
}

/** Axis labels read well at these. */
const ROUND_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400].map(
  (seconds) => seconds * 1000,
);

/** The least round time that is not less than `milliseconds`. */
const roundUp = (milliseconds: number): number => ROUND_MS.find((each) => each >= milliseconds) ?? milliseconds;

/**
 * The newest `most` versions, oldest first, evenly spaced: builds come in bursts, and on an axis of time they would hide each other. The height is the
 * time from the start of the build until it was deployed, as a share of `top` milliseconds.
 */
export function marksOf(versions: readonly Version[], most: number): { marks: Mark[]; top: number } {
  const shown = versions.slice(0, most).toReversed();
  const times = shown.map(buildTime);
  const top = roundUp(Math.max(1000, ...times.filter((time) => time !== null)));
  const marks = shown.map((version, index): Mark => {
    const milliseconds = times[index] ?? null;
    return {
      version,
      x: (index + 0.5) / shown.length,
      y: milliseconds === null ? null : milliseconds / top,
      milliseconds,
    };
  });
  return { marks, top };
}
