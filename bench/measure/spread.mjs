/** The median, the least and the most of some figures, to four digits: what follows is noise. */
export function spreadOf(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median: rounded(median), min: rounded(sorted[0]), max: rounded(sorted.at(-1)) };
}

const rounded = (figure) => Number(figure.toPrecision(4));

/**
 * How many times as fast one contender is as another: of each round the ratio of the two rates, which were measured one
 * shortly after the other. A machine that slows down during the run moves both of them, and so no ratio.
 */
export function ratiosOf(rates, otherRates) {
  return rates.map((rate, round) => rate / otherRates[round]);
}
