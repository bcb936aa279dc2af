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

/** Returns the figure that a share of the figures does not exceed, such as the 99th percentile for 0.99. */
export function percentile(figures, share) {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
