/** What repeated measurements of one thing came to. `low` and `high` are the 95 % interval of the median. */
export interface Sample {
  count: number;
  min: number;
  p50: number;
  low: number;
  high: number;
  p95: number;
  p99: number;
  max: number;
}

export function sampleOf(values: number[]): Sample {
  const sorted = values.toSorted((one, other) => one - other);
  const count = sorted.length;
  const at = (index: number): number => sorted[Math.min(count - 1, index)] ?? Number.NaN;
  const rank = lowRank(count);
  return {
    ...{ count, min: at(0), p50: medianOf(sorted), low: at(rank - 1), high: at(count - rank) },
    ...{ p95: at(Math.floor(count * 0.95)), p99: at(Math.floor(count * 0.99)), max: at(count - 1) },
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
  // As a logarithm: 0.5 ** 1075 is nothing.
  let term = -n * Math.LN2;
  for (let rank = 0; rank <= n; rank += 1) {
    below += Math.exp(term);
    if (below > 0.025) return Math.max(rank, 1);
    term += Math.log((n - rank) / (rank + 1));
  }
  return 1;
}
