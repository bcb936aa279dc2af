import { HELD_TO } from '../held-to.mjs';
import { ratiosOf, spreadOf } from '../measure/spread.mjs';

/** What a suite's results come to against what the library is held to. */
export function figuresOf(suite, { rates = {}, measured = {} }) {
  return HELD_TO.filter((row) => row.suite === suite).map((row) => {
    const values = row.over ? ratiosOf(rates[row.of], rates[row.over]) : measured[row.measured];
    const { what, atLeast, atMost, unit = '×' } = row;
    return { what, atLeast, atMost, unit, ...spreadOf(values) };
  });
}

/** Whether a figure is within its bar, or at least within this share of it. */
export function holds({ atLeast, atMost, median }, tolerance = 1) {
  return atLeast === undefined ? median <= atMost / tolerance : median >= atLeast * tolerance;
}
