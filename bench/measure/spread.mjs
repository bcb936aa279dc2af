/** Returns the median, minimum and maximum of some figures, to four digits: the others are noise. */
export function spreadOf(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median: rounded(median), min: rounded(sorted[0]), max: rounded(sorted.at(-1)) };
}

const rounded = (figure) => Number(figure.toPrecision(4));

/**
 * Returns how many times as fast one contender is as another: for each round, the ratio of the two rates, which were
 * measured shortly after each other. If the machine slows down during the run, both rates change, but not their ratio.
 */
export function ratiosOf(rates, otherRates) {
  return rates.map((rate, round) => rate / otherRates[round]);
}

/** Sorts figures, and returns a function that returns a percentile: for 0.99 the 99th; `undefined` without figures. */
export function percentilesOf(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  return (share) => sorted[Math.floor((sorted.length - 1) * share)];
}
