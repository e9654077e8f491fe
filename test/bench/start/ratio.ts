import { type Sample, sampleOf } from '../sample.ts';

/** A median of paired values with the interval that holds the true one in at least 95 of 100 cases. */
export interface Ratio extends Pick<Sample, 'low' | 'high'> {
  median: number;
}

/** How many times the other each of a pair is: the median of the pairs' own ratios. */
export function ratioOf(values: number[], others: number[]): Ratio {
  const { p50: median, low, high } = sampleOf(values.map((value, index) => value / (others[index] ?? Number.NaN)));
  return { median, low, high };
}
