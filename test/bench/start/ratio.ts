/** A median of paired values with the interval that holds the true one in at least 95 of 100 cases. */
export interface Ratio {
  median: number;
  low: number;
  high: number;
}

/** How many times the other each of a pair is: the median of the pairs' own ratios. */
export function ratioOf(values: number[], others: number[]): Ratio {
  const ratios = values.map((value, index) => value / (others[index] ?? Number.NaN)).sort((one, other) => one - other);
  const rank = lowRank(ratios.length);
  return {
    median: medianOf(ratios),
    low: ratios[rank - 1] ?? Number.NaN,
    high: ratios[ratios.length - rank] ?? Number.NaN,
  };
}

/** The middle one, or the mean of the two in the middle. */
export function medianOf(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

/**
 * The rank of the order statistic that a median lies below in at most 2.5 of 100 cases, counted from 1: the largest with P(Binomial(n, 1/2) < rank)
 * at most that. No distribution is assumed. Source: Conover, Practical Nonparametric Statistics, 3.2.
 */
function lowRank(n: number): number {
  let below = 0;
  let term = 0.5 ** n;
  for (let rank = 0; ; rank += 1) {
    below += term;
    if (below > 0.025) return Math.max(rank, 1);
    term *= (n - rank) / (rank + 1);
  }
}
