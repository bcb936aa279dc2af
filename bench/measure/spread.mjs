/** The middle, the least and the most of some figures. */
export function spreadOf(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/**
 * How many times as fast one contender is as another: of each round the ratio of the two rates, which were measured one
 * shortly after the other. A machine that slows down during the run moves both of them, and so no ratio.
 */
export function ratiosOf(rates, otherRates) {
  return rates.map((rate, round) => rate / otherRates[round]);
}
